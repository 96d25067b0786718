"""What the functions of the small application share."""

from functools import cache

import boto3


@cache
def client(service: str):
    return boto3.client(service)
