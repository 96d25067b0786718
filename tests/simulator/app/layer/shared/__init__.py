"""What the functions of the small application share."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service)


def client_with(service: str, **config: Any) -> Any:
    make: Any = boto3.client
    return make(service, config=Config(**config))
