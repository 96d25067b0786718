"""A decision comes with its caller's name, which Lambda writes, or it is none."""

import json
from base64 import b64encode
from typing import Any

import pytest

from capacity_blocks.url_call import UrlCall, UrlCallError, answer, parse

ADA = "arn:aws:iam::123456789012:user/ada"


def call(body: object = '{"decision": "approve"}', caller: object = ADA, **changed: Any) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"iam": {"userArn": caller}}}, "body": body, **changed}


def test_a_call_is_its_caller_and_its_body() -> None:
    assert parse(call()) == UrlCall(caller=ADA, body={"decision": "approve"})


def test_a_body_may_come_in_base64() -> None:
    assert parse(call(b64encode(b'{"a": "\xc3\xa9"}').decode(), isBase64Encoded=True)).body == {"a": "é"}


UNSIGNED: dict[str, Any] = {
    "nothing at all": {},
    "a test event": {"intent_id": "i", "terms": "t", "decision": "approve"},
    "nobody's name": call(caller=""),
    "no name": call(caller=None),
    "a call without IAM": {"requestContext": {"authorizer": {"jwt": {}}}, "body": "{}"},
    "a context that is none": {"requestContext": "x", "body": "{}"},
    "a name in the body": {"body": json.dumps({"userArn": ADA})},
}


@pytest.mark.parametrize("event", UNSIGNED.values(), ids=UNSIGNED.keys())
def test_what_nobody_signed_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(UrlCallError, match=r"^nobody signed the request; allowed: "):
        parse(event)


BROKEN: dict[str, dict[str, Any]] = {
    "no body": call(None),
    "an empty body": call(""),
    "no JSON": call("approve"),
    "a list": call("[]"),
    "a text": call('"approve"'),
    "no base64": call("{}", isBase64Encoded=True),
    "base64 of no text": call(b64encode(b"\xff\xfe{").decode(), isBase64Encoded=True),
}


@pytest.mark.parametrize("event", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_object_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(UrlCallError, match=r"^the body is .*; allowed: a JSON object$"):
        parse(event)


def test_an_answer_is_json_that_nobody_keeps() -> None:
    assert answer(409, "Not approved: it has expired.") == {
        "statusCode": 409,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": '{"told": "Not approved: it has expired."}',
    }
