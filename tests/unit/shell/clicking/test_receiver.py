"""The public URL: only what Slack has just signed is handed on, and each mistake says no more than its number."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.clicking.receiver import MOST_BYTES, Receiver, Reception
from capacity_blocks.clicking.signing_secret import KEPT_FOR, SigningSecret
from capacity_blocks.core.slack.click import essence
from capacity_blocks.ports import AwsError
from tests.factories import at
from tests.fakes import FakeClock, FakeInvocations, refused
from tests.fakes.slack import FakeSecrets
from tests.slack import SECRET, a_call, a_click, form, headers

NOW = at("2026-04-20T09:00")
ARN = "arn:aws:secretsmanager:us-east-2:123456789012:secret:slack"
VALUE = {"intent_id": "may-training-1-0a", "terms": "0a", "decision": "approve"}
CLICK = a_click(VALUE)
BODY = form(CLICK)
SENT = headers(BODY, NOW)


@dataclass
class Stage:
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    secrets: FakeSecrets = field(default_factory=lambda: FakeSecrets({ARN: SECRET}))
    invocations: FakeInvocations = field(default_factory=FakeInvocations)

    def __post_init__(self) -> None:
        self.receiver = Receiver(
            clock=self.clock,
            secret=SigningSecret(secrets=self.secrets, arn=ARN),
            invocations=self.invocations,
            decide_function="decide-in-slack",
        )

    def receive(self, event: Mapping[str, Any]) -> Reception:
        return self.receiver.receive(event)


@pytest.mark.parametrize("in_base64", [True, False])
def test_a_click_is_handed_on_however_lambda_writes_its_body(in_base64: bool) -> None:
    stage = Stage()

    assert stage.receive(a_call(BODY, SENT, in_base64=in_base64)) == Reception(
        status=200, by="slack:T0TEAM/U0ADA", value=VALUE
    )
    assert stage.invocations.started == [("decide-in-slack", essence(CLICK))]


def test_a_click_on_a_link_is_acknowledged_and_wants_nothing() -> None:
    stage, click = Stage(), a_click(VALUE)
    click["actions"] = [{"action_id": "console", "type": "button", "url": "https://example.com", "action_ts": "1.2"}]
    body = form(click)

    assert stage.receive(a_call(body, headers(body, NOW))).status == 200
    assert stage.invocations.started == []


def signed(body: bytes, **changes: str) -> dict[str, Any]:
    return a_call(body, headers(body, NOW) | changes)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in SENT.items() if key != name}


OTHER_CASE = {name.title(): value for name, value in SENT.items()}
REENCODED = urlencode({"payload": json.dumps(CLICK)}, quote_via=quote).encode()
TEXT = json.dumps(CLICK).encode()
JSON = {"content-type": "application/json"}
# What nobody has signed, or not like this, or not now: 401.
UNSIGNED: dict[str, dict[str, Any]] = {
    "no headers": a_call(BODY, {}),
    "headers that are nothing": a_call(BODY, {}) | {"headers": None},
    "no signature": a_call(BODY, without("x-slack-signature")),
    "no timestamp": a_call(BODY, without("x-slack-request-timestamp")),
    "each header twice": a_call(BODY, SENT | OTHER_CASE),
    "a signature twice, as Lambda joins it": a_call(
        BODY, SENT | {"x-slack-signature": f"{SENT['x-slack-signature']},{SENT['x-slack-signature']}"}
    ),
    "another version": a_call(BODY, SENT | {"x-slack-signature": SENT["x-slack-signature"].replace("v0", "v1")}),
    "another secret": a_call(BODY, headers(BODY, NOW, secret="ours")),
    "a secret that is nothing": a_call(BODY, headers(BODY, NOW, secret="")),
    "stale": a_call(BODY, headers(BODY, NOW - timedelta(minutes=5, seconds=1))),
    "of the future": a_call(BODY, headers(BODY, NOW + timedelta(minutes=5, seconds=1))),
    "a stale one under a new timestamp": a_call(
        BODY, headers(BODY, NOW - timedelta(hours=1)) | {"x-slack-request-timestamp": SENT["x-slack-request-timestamp"]}
    ),
    "somebody else's click under the same signature": a_call(form(a_click(VALUE, user="U0EVE")), SENT),
    "another answer under the same signature": a_call(form(a_click(VALUE | {"decision": "reject"})), SENT),
    "the same, encoded anew": a_call(REENCODED, SENT),
    "a byte more": a_call(BODY + b"&", SENT),
    "no body": a_call(b"", SENT),
    "a body that is nothing": a_call(b"", SENT) | {"body": None},
    "its text said to be base64": a_call(BODY, SENT) | {"body": b64encode(b64encode(BODY)).decode()},
    "its base64 said to be text": a_call(BODY, SENT) | {"isBase64Encoded": False},
}
# What Slack might have signed, and is no click on a button of ours, or no request that Lambda would hand over: 400.
MALFORMED: dict[str, dict[str, Any]] = {
    "JSON in place of a form": signed(TEXT, **JSON),
    "JSON that is said to be a form": signed(TEXT),
    "a form that is said to be JSON": signed(BODY, **JSON),
    "a form of no kind": a_call(BODY, without("content-type")),
    "a form of two kinds": a_call(BODY, SENT | {"Content-Type": "text/plain"}),
    "nothing, signed": signed(b""),
    "a form without a payload": signed(b"ssl_check=1"),
    "two payloads": signed(BODY + b"&" + BODY),
    "a payload and more": signed(BODY + b"&token=1"),
    "a payload that is no JSON": signed(b"payload=approve"),
    "a payload that is a list": signed(b"payload=%5B%5D"),
    "a payload cut off": signed(BODY[:-30]),
    "a payload of lists in lists": signed(b"payload=" + b"[" * 100_000),
    "bytes that are no text": signed(b"payload=\xff\xfe"),
    "escapes that are no text": signed(b"payload=%ff%fe"),
    "a slash command": signed(urlencode({"command": "/buy", "text": "everything"}).encode()),
    "another interaction": signed(form(a_click(VALUE) | {"type": "view_submission"})),
    "a button of somebody else": signed(form(a_click({"hello": "world"}))),
    "a user without a team": signed(form(a_click(VALUE) | {"user": {"id": "U0ADA"}})),
    "huge": signed(form(a_click(VALUE, {"ts": "1.2", "text": "a" * MOST_BYTES}))),
    "huge, and no base64": a_call(BODY, SENT) | {"body": "!" * (MOST_BYTES + 1)},
    "no base64": a_call(BODY, SENT) | {"body": "!!!!"},
    "half a letter": a_call(BODY, SENT) | {"body": "\ud800", "isBase64Encoded": False},
}


@pytest.mark.parametrize("case", UNSIGNED)
def test_what_slack_did_not_sign_just_now_is_refused(case: str) -> None:
    stage = Stage()

    assert stage.receive(UNSIGNED[case]).status == 401
    assert stage.invocations.started == []


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_no_click_of_ours_is_refused(case: str) -> None:
    stage = Stage()

    assert stage.receive(MALFORMED[case]).status == 400
    assert stage.invocations.started == []


@given(
    sent=st.dictionaries(
        st.sampled_from([*SENT, *OTHER_CASE, "cookie"]),
        st.one_of(st.text(max_size=80), st.sampled_from([*SENT.values()])),
    ),
    body=st.one_of(st.none(), st.text(max_size=200), st.sampled_from([BODY.decode(), b64encode(BODY).decode()])),
    in_base64=st.one_of(st.none(), st.booleans()),
)
def test_nothing_but_the_one_true_request_is_ever_handed_on(
    sent: dict[str, str], body: str | None, in_base64: bool | None
) -> None:
    stage = Stage()
    reception = stage.receive({"headers": sent, "body": body, "isBase64Encoded": in_base64})
    is_true = (
        body in {BODY.decode(), b64encode(BODY).decode()}
        and {name.lower(): value for name, value in sent.items() if name != "cookie"} == SENT
    )

    assert reception.status in {200, 400, 401}
    assert reception.status != 200 or is_true
    assert (stage.invocations.started == []) == (reception.status != 200)


@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_one_bit_of_the_body_makes_it_another(position: int, bit: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= 1 << bit

    assert Stage().receive(a_call(bytes(changed), SENT)).status == 401


def test_a_click_that_cannot_be_handed_on_is_an_error_and_slack_says_so() -> None:
    stage = Stage()
    stage.invocations.errors["invoke"] = refused()

    with pytest.raises(AwsError):
        stage.receive(a_call(BODY, SENT))


def test_nobody_is_believed_while_the_secret_cannot_be_read() -> None:
    stage = Stage()
    stage.secrets.error = refused()

    with pytest.raises(AwsError):
        stage.receive(a_call(BODY, SENT))
    assert stage.invocations.started == []


def test_nobody_is_believed_while_the_secret_is_empty() -> None:
    stage = Stage()
    stage.secrets.held[ARN] = ""

    with pytest.raises(ValueError, match="empty"):
        stage.receive(a_call(BODY, headers(BODY, NOW, secret="")))
    assert stage.invocations.started == []


def test_a_flood_reads_the_secret_once_and_a_new_one_counts_soon() -> None:
    stage = Stage()
    for _ in range(100):
        stage.receive(UNSIGNED["no signature"])
    assert stage.secrets.reads == 1

    stage.secrets.held[ARN] = "a new one"
    stage.clock.instant += KEPT_FOR - timedelta(seconds=1)
    assert stage.receive(a_call(BODY, headers(BODY, stage.clock.instant))).status == 200
    stage.clock.instant += timedelta(seconds=1)
    assert stage.receive(a_call(BODY, headers(BODY, stage.clock.instant))).status == 401
    assert stage.receive(a_call(BODY, headers(BODY, stage.clock.instant, secret="a new one"))).status == 200


def test_the_sample_is_believed_when_it_was_sent_and_hands_on_the_other_samples() -> None:
    events = Path(__file__).parents[4] / "events"
    sample, handed = (
        json.loads((events / f"{name}.json").read_text()) for name in ("receive-slack-click", "decide-in-slack-approve")
    )
    stage = Stage(clock=FakeClock(at("2027-04-20T09:15")))
    assert stage.receive(sample).status == 200
    assert stage.invocations.started == [("decide-in-slack", handed)]

    stage.clock.instant += timedelta(days=1)
    assert stage.receive(sample).status == 401
