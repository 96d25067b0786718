"""Nobody but Slack is believed, and Slack only what it has just said."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from capacity_blocks.core.slack.signature import WINDOW, refusal, signed
from tests.slack import SECRET, headers

# The example of "Verifying requests from Slack".
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
NOW = datetime.fromtimestamp(1531420618, UTC)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
SENT = {"x-slack-signature": SIGNATURE, "x-slack-request-timestamp": "1531420618"}
SECOND = timedelta(seconds=1)


def test_the_example_of_slacks_documentation_is_believed() -> None:
    assert signed(SECRET, "1531420618", BODY) == SIGNATURE
    assert refusal(SECRET, SENT, BODY, NOW) is None


def test_headers_may_be_written_in_any_case() -> None:
    assert refusal(SECRET, {name.title(): value for name, value in SENT.items()}, BODY, NOW) is None


@pytest.mark.parametrize("late", [-WINDOW, timedelta(0), WINDOW])
def test_within_five_minutes_it_is_believed(late: timedelta) -> None:
    assert refusal(SECRET, SENT, BODY, NOW + late) is None


@pytest.mark.parametrize("late", [-WINDOW - SECOND, WINDOW + SECOND, timedelta(days=365)])
def test_what_is_older_or_ahead_is_not(late: timedelta) -> None:
    assert refusal(SECRET, SENT, BODY, NOW + late) == "it was signed at another time"


LACKING = "it does not carry one signature and one timestamp"
MALFORMED = "its signature or its timestamp is malformed"
NOT_OURS = "its signature is not ours"
TAMPERED: dict[str, tuple[Mapping[str, str], str]] = {
    "no headers": ({}, LACKING),
    "no signature": ({"x-slack-request-timestamp": "1531420618"}, LACKING),
    "no timestamp": ({"x-slack-signature": SIGNATURE}, LACKING),
    "two signatures": (SENT | {"X-Slack-Signature": SIGNATURE}, LACKING),
    "two timestamps": (SENT | {"X-Slack-Request-Timestamp": "1531420618"}, LACKING),
    "two signatures in one": (SENT | {"x-slack-signature": f"{SIGNATURE},{SIGNATURE}"}, MALFORMED),
    "two timestamps in one": (SENT | {"x-slack-request-timestamp": "1531420618,1531420618"}, MALFORMED),
    "an empty signature": (SENT | {"x-slack-signature": ""}, MALFORMED),
    "another version": (SENT | {"x-slack-signature": SIGNATURE.replace("v0", "v1")}, MALFORMED),
    "no version": (SENT | {"x-slack-signature": SIGNATURE.removeprefix("v0=")}, MALFORMED),
    "in capitals": (SENT | {"x-slack-signature": f"v0={SIGNATURE[3:].upper()}"}, MALFORMED),
    "a short one": (SENT | {"x-slack-signature": SIGNATURE[:-1]}, MALFORMED),
    "a long one": (SENT | {"x-slack-signature": f"{SIGNATURE}0"}, MALFORMED),
    "with a line break": (SENT | {"x-slack-signature": f"{SIGNATURE}\n"}, MALFORMED),
    "digits of another script": (SENT | {"x-slack-request-timestamp": "١٥٣١٤٢٠٦١٨"}, MALFORMED),
    "a fraction": (SENT | {"x-slack-request-timestamp": "1531420618.0"}, MALFORMED),
    "a sign": (SENT | {"x-slack-request-timestamp": "-1531420618"}, MALFORMED),
    "an age that no clock has": (SENT | {"x-slack-request-timestamp": "9" * 40}, MALFORMED),
    "another second": (SENT | {"x-slack-request-timestamp": "1531420619"}, NOT_OURS),
    "zeros before it": (SENT | {"x-slack-request-timestamp": "01531420618"}, NOT_OURS),
    "one digit": (SENT | {"x-slack-signature": f"{SIGNATURE[:-1]}4"}, NOT_OURS),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_tampered_with_is_refused(case: str) -> None:
    sent, reason = TAMPERED[case]

    assert refusal(SECRET, sent, BODY, NOW) == reason


CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "another word": lambda body: body.replace(b"roadrunner", b"coyote"),
    "a byte more": lambda body: body + b" ",
    "nothing": lambda _: b"",
    "the same in other escapes": lambda body: body.replace(b"%2F", b"%2f"),
    "the same without escapes": lambda body: body.replace(b"%2F", b"/").replace(b"%3A", b":"),
    "the same in another order": lambda body: b"&".join(reversed(body.split(b"&"))),
}


@pytest.mark.parametrize("case", CHANGED)
def test_another_body_is_refused(case: str) -> None:
    assert refusal(SECRET, SENT, CHANGED[case](BODY), NOW) == NOT_OURS


def test_the_timestamp_is_part_of_what_is_signed() -> None:
    # Without the colon between them, a digit could move from one to the other.
    assert signed(SECRET, "153142061", b"8:body") != signed(SECRET, "1531420618", b"body")


def test_another_secret_is_refused() -> None:
    assert refusal(SECRET, headers(BODY, NOW, secret=SECRET[:-1]), BODY, NOW) == NOT_OURS


def test_an_empty_secret_believes_nobody() -> None:
    with pytest.raises(ValueError, match="empty"):
        refusal("", headers(BODY, NOW, secret=""), BODY, NOW)


@given(
    body=st.binary(max_size=200),
    late=st.integers(-400, 400),
    signature=st.one_of(st.none(), st.text(max_size=80), st.from_regex("v0=[0-9a-f]{64}", fullmatch=True)),
)
def test_it_is_believed_exactly_when_the_secret_signed_it_within_the_window(
    body: bytes, late: int, signature: str | None
) -> None:
    sent = headers(body, NOW)
    given_signature = sent["x-slack-signature"] if signature is None else signature
    reason = refusal(SECRET, sent | {"x-slack-signature": given_signature}, body, NOW + late * SECOND)

    assert (reason is None) == (given_signature == sent["x-slack-signature"] and abs(late) <= 300)


class Standing(Clock):
    def now(self) -> float:
        return NOW.timestamp()


@given(body=st.text(max_size=100), sent_for=st.text(max_size=100), late=st.integers(-400, 400), secret=st.booleans())
def test_of_what_is_well_formed_slacks_own_client_believes_the_same(
    body: str, sent_for: str, late: int, secret: bool
) -> None:
    sent = headers(sent_for.encode(), NOW + late * SECOND, secret=SECRET if secret else "another")
    verifier = SignatureVerifier(SECRET, Standing())

    assert (refusal(SECRET, sent, body.encode(), NOW) is None) == verifier.is_valid_request(body, sent)
    assert (refusal(SECRET, sent, sent_for.encode(), NOW) is None) == verifier.is_valid_request(sent_for, sent)
