"""What comes off the topic is a notice again, whoever published it."""

import json
from typing import Any

import pytest

from capacity_blocks.adapters.notice_message import facts
from capacity_blocks.core.notice import Choice, Notice, Severity, Tone
from capacity_blocks.core.publication import Publication, parse
from tests.factories import a_notice, at


def envelope(message: str, **changes: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "m-1",
        "Subject": "[info] hello",
        "Message": message,
        "Timestamp": "2026-03-01T11:30:00.123Z",
        **changes,
    }


def test_a_notice_comes_back_as_it_was() -> None:
    choice = Choice(label="Approve", value=(("intent_id", "i-1"), ("decision", "approve")), tone=Tone.GOOD, confirm="?")
    notice = a_notice(
        severity=Severity.CRITICAL, reason="r", facts=(("Fee", "$1"),), choices=(choice,), thread="lucy", target=None
    )

    assert parse(envelope(json.dumps(facts(notice, observe_only=True)))) == Publication(
        message_id="m-1", at=at("2026-03-01T11:30:00.123"), notice=notice, observe_only=True
    )


@pytest.mark.parametrize(
    ("state", "severity", "title", "next_step"),
    [
        ("ALARM", Severity.CRITICAL, "Alarm: sweep", "Do what the description says."),
        ("INSUFFICIENT_DATA", Severity.WARNING, "Alarm: sweep", "Do what the description says."),
        ("OK", Severity.INFO, "Over: sweep", "Nothing to do."),
        ("SOMETHING_NEW", Severity.WARNING, "Alarm: sweep", "Do what the description says."),
    ],
)
def test_an_alarm_is_a_notice_too(state: str, severity: Severity, title: str, next_step: str) -> None:
    alarm = {
        "AlarmName": "sweep",
        "AlarmDescription": "Look at the sweep.",
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed",
        "StateChangeTime": "2026-03-01T11:29:59.000+0000",
        "Region": "US East (Ohio)",
    }

    assert parse(envelope(json.dumps(alarm))).notice == Notice(
        key="alarm:sweep:2026-03-01T11:29:59.000+0000",
        kind="alarm",
        severity=severity,
        title=title,
        text="Look at the sweep.",
        reason="Threshold Crossed",
        next_step=next_step,
        thread="alarm:sweep",
    )


@pytest.mark.parametrize(
    "message",
    ["just words", "[1, 2]", "{}", '{"key": "k", "severity": "shrill"}', "[" * 100_000, '{"facts": 3}'],
    ids=["words", "a list", "nothing", "another severity", "brackets", "half of one"],
)
def test_what_nobody_knows_is_passed_on_as_it_is(message: str) -> None:
    notice = parse(envelope(message)).notice

    assert (notice.kind, notice.title, notice.text, notice.key) == ("message", "[info] hello", message, "message:m-1")


def test_a_message_without_a_subject_has_a_title_all_the_same() -> None:
    assert parse(envelope("words", Subject=None)).notice.title == "A message without a title"


@pytest.mark.parametrize(
    "broken",
    [{}, {"MessageId": "m", "Message": "x"}, envelope("x", Timestamp="today"), envelope("x", Timestamp="2026-03-01")],
    ids=["nothing", "no time", "no instant", "no zone"],
)
def test_what_is_no_notification_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no notification|no zone|isoformat"):
        parse(broken)
