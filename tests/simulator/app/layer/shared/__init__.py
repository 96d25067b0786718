"""What the functions of the small application share."""

from functools import cache
from typing import Any

import boto3


@cache
def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service)
