"""A call of a function URL (payload format 2.0): its body, and where IAM guards the URL, who signed it."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class UrlCallError(ValueError):
    """The call is none that this function takes; the message says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlCall:
    """`caller` is the ARN of whoever signed it: Lambda writes it, after IAM has checked the signature."""

    caller: str
    body: Mapping[str, Any]


def parse(event: Mapping[str, Any]) -> UrlCall:
    """Read a call; UrlCallError where nobody signed it, or where its body is no JSON object."""
    match event:
        case {"requestContext": {"authorizer": {"iam": {"userArn": str(caller)}}}} if caller:
            return UrlCall(caller=caller, body=_body(event))
        case _:
            raise UrlCallError("nobody signed the request; allowed: a call of the function URL, signed with SigV4")


def raw_body(event: Mapping[str, Any]) -> bytes:
    """Return the body as it was sent, byte for byte. Lambda writes what is no text of a known kind in base64."""
    text = event.get("body") or ""
    try:
        return b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError as error:  # no base64, or half a character
        raise UrlCallError("the body is not what Lambda hands over") from error


def _body(event: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        body = json.loads(raw_body(event))
    except ValueError as error:
        raise UrlCallError("the body is not JSON; allowed: a JSON object") from error
    if not isinstance(body, Mapping):
        raise UrlCallError("the body is JSON, but no object; allowed: a JSON object")
    return body


def answer(status: int, told: str) -> dict[str, Any]:
    """Answer in JSON, for people and programs."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps({"told": told}),
    }
