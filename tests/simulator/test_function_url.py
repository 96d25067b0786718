"""Function URLs: who calls is told by the signature, and the answer is made of what the handler returns."""

import pytest

from simulator.function_url import UrlAnswer
from tests.simulator.stage import deployed

ADA = "arn:aws:iam::123456789012:user/ada"
BEN = "arn:aws:sts::123456789012:assumed-role/Approver/ben"
JSON = {"content-type": "application/json"}


def test_the_handler_is_told_who_signed_the_request() -> None:
    with deployed() as world:
        answer = world.call_url("DoorFunction", {"a": 1}, caller_arn=BEN, query="x=1")
        event = answer.body["event"]
    assert (answer.status, answer.headers) == (200, JSON)
    assert (event["version"], event["body"], event["queryStringParameters"]) == ("2.0", '{"a": 1}', {"x": "1"})
    identity = event["requestContext"]["authorizer"]["iam"]
    assert (identity["userArn"], identity["accountId"]) == (BEN, "123456789012")
    assert identity["userId"].startswith("AROA")
    assert identity["userId"].endswith(":ben")
    assert world.stack is not None
    assert world.stack.outputs()["DoorUrl"] == f"https://{event['requestContext']['domainName']}/"


def test_without_a_signature_nothing_runs() -> None:
    with deployed() as world:
        assert world.call_url("DoorFunction", {}) == UrlAnswer(status=403, body={"Message": "Forbidden"}, headers=JSON)
        assert world.functions.invocations == []


def test_a_url_without_authorisation_tells_of_no_caller() -> None:
    with deployed() as world:
        context = world.call_url("OpenDoorFunction", caller_arn=ADA).body["event"]["requestContext"]
    assert context["accountId"] == "anonymous"
    assert "authorizer" not in context


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
