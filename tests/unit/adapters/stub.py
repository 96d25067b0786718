"""Answers of AWS, page by page, checked against botocore's model by its Stubber."""

from collections.abc import Mapping
from typing import Any

from botocore.stub import Stubber


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
