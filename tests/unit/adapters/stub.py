"""Answers of AWS, page by page, checked against botocore's model by its Stubber."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

from tests.factories import REGION


def add_pages(
    stub: Stubber,
    method: str,
    member: str,
    pages: list[list[Any]],
    asked: Mapping[str, Any],
    member_of_next: str = "NextToken",
) -> None:
    """Answer `method` with `pages` of `member`, each only to the request that continues the one before."""
    for number, page in enumerate(pages):
        more = {member_of_next: f"page-{number + 1}"} if number + 1 < len(pages) else {}
        continued = {member_of_next: f"page-{number}"} if number else {}
        stub.add_response(method, {member: page, **more}, {**asked, **continued})


@cache
def asks_once() -> Any:
    """Return an EC2 client whose SDK retries are off, as that of purchases."""
    return boto3.client(
        "ec2",
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
