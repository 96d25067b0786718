"""Function URLs: who calls is told by the signature, and the answer is made of what the handler returns."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from simulator.deployment import urls
from simulator.function_url import FunctionUrl, Request, UrlAnswer, allows, event
from tests.simulator.stage import deployed

ADA = "arn:aws:iam::123456789012:user/ada"
BEN = "arn:aws:sts::123456789012:assumed-role/Approver/ben"
URL = FunctionUrl(function_arn="arn", url="https://a.lambda-url.us-east-2.on.aws/", auth_type="NONE")
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
JSON = {"content-type": "application/json"}


def test_the_handler_is_told_who_signed_the_request() -> None:
    with deployed() as world:
        answer = world.call_url("DoorFunction", {"a": 1}, caller_arn=BEN, query="x=1")
        seen = answer.body["event"]
    assert (answer.status, answer.headers) == (200, JSON)
    assert (seen["version"], seen["body"], seen["queryStringParameters"]) == ("2.0", '{"a": 1}', {"x": "1"})
    identity = seen["requestContext"]["authorizer"]["iam"]
    assert (identity["userArn"], identity["accountId"]) == (BEN, "123456789012")
    assert identity["userId"].startswith("AROA")
    assert identity["userId"].endswith(":ben")
    assert world.stack is not None
    assert world.stack.outputs()["DoorUrl"] == f"https://{seen['requestContext']['domainName']}/"


def test_without_a_signature_nothing_runs() -> None:
    with deployed() as world:
        assert world.call_url("DoorFunction", {}) == UrlAnswer(status=403, body={"Message": "Forbidden"}, headers=JSON)
        assert world.functions.invocations == []


def test_a_url_without_authorisation_tells_of_no_caller() -> None:
    with deployed() as world:
        context = world.call_url("OpenDoorFunction", caller_arn=ADA).body["event"]["requestContext"]
    assert context["accountId"] == "anonymous"
    assert "authorizer" not in context


def test_a_url_without_authorisation_opens_to_everybody_only_where_the_policy_says_so_twice() -> None:
    assert URL.auth_type == "NONE"
    assert not allows(URL, Request(body={}))
    assert not allows(URL, Request(body={}, caller_arn=ADA))
    assert allows(replace(URL, is_public=True), Request(body={}))

    with deployed() as world:
        assert world.stack is not None
        [public] = [url for url in urls(world.stack) if url.auth_type == "NONE"]
        assert public.is_public
        assert not any(url.is_public for url in urls(world.stack) if url.auth_type == "AWS_IAM")
        world.stack.resources.pop("OpenDoorFunctionURLInvokeAllowPublicAccess")
        assert not any(url.is_public for url in urls(world.stack))


def test_a_form_comes_in_base64_byte_for_byte() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = event(URL, Request(body=b"payload=%7b%7D&a=\xff", headers=form), "id-1", NOW)

    assert (made["isBase64Encoded"], b64decode(made["body"])) == (True, b"payload=%7b%7D&a=\xff")
    assert made["headers"]["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"do": "refuse"}, UrlAnswer(status=409, body={"told": "no"}, headers=JSON)),
        ({"do": "say", "text": "hello"}, UrlAnswer(status=200, body="hello", headers={"content-type": "text/plain"})),
        ({"do": "fail"}, UrlAnswer(status=502, body="Internal Server Error")),
    ],
)
def test_the_answer_is_what_the_handler_says(body: dict[str, str], answer: UrlAnswer) -> None:
    with deployed() as world:
        assert world.call_url("DoorFunction", body, caller_arn=ADA) == answer


def test_a_function_without_a_url_cannot_be_called_by_one() -> None:
    with deployed() as world, pytest.raises(LookupError, match="no function URL"):
        world.call_url("ProbeFunction", {}, caller_arn=ADA)
