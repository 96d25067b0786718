"""A notice in the schema of Amazon Q Developer in chat applications."""

import json
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.amazon_q import notification
from capacity_blocks.core.notice import Severity
from tests.unit.core.slack.told import told

BERLIN = ZoneInfo("Europe/Berlin")
PART = st.text(max_size=20) | st.sampled_from(["x" * 9000, "aws x\n" * 2000])


def test_a_notice_fills_the_schema() -> None:
    publication = told(
        severity=Severity.CRITICAL,
        title="cr-0a ends at 2027-03-21 11:30 UTC",
        text="Look:\naws ec2 describe-instances\nThen act.",
        next_step="Extend it.",
        reason="it is busy",
        facts=(("Fee", "$1"),),
    )

    assert notification(publication, BERLIN) == {
        "version": "1.0",
        "source": "custom",
        "id": "m-1",
        "content": {
            "textType": "client-markdown",
            "title": ":rotating_light: cr-0a ends at 2027-03-21 11:30 UTC (Sun 12:30 CET)",
            "description": "Look:\n```\naws ec2 describe-instances\n```\nThen act.",
            "nextSteps": ["Extend it."],
            "keywords": ["scaled-out", "critical", "training"],
        },
        "metadata": {
            "threadId": "cr-0a",
            "summary": "cr-0a ends at 2027-03-21 11:30 UTC",
            "eventType": "scaled-out",
            "relatedResources": ["cr-0a", "train"],
            "additionalContext": {
                "severity": "critical",
                "pool": "training",
                "region": "us-east-2",
                "because": "it is busy",
                "Fee": "$1",
            },
        },
    }


def test_a_notice_about_nothing_in_particular_has_no_thread() -> None:
    found = notification(told(reservation_id=None, target=None, pool=None, next_step="", text=""), BERLIN)

    assert "threadId" not in found["metadata"]
    assert found["metadata"]["relatedResources"] == []
    assert found["content"]["nextSteps"] == []
    assert found["content"]["description"] == "train is scaled out to 8 on cr-0a"


def test_a_purchase_is_a_thread_of_its_own() -> None:
    assert notification(told(reservation_id=None, thread="lucy"), BERLIN)["metadata"]["threadId"] == "lucy"


def test_a_name_in_a_notice_calls_nobody() -> None:
    hostile = "<!channel> <@U1> a<b"
    found = notification(told(title=hostile, text=hostile, next_step=hostile, facts=((hostile, hostile),)), BERLIN)

    assert "<!" not in json.dumps(found)
    assert "<@" not in json.dumps(found)
    assert "a<b" in found["content"]["description"]


@given(title=PART, text=PART, step=PART, facts=st.lists(st.tuples(PART, PART), max_size=30).map(tuple))
def test_it_fits_into_a_message_of_sns(title: str, text: str, step: str, facts: tuple[tuple[str, str], ...]) -> None:
    found = notification(told(title=title, text=text, next_step=step, facts=facts), BERLIN)

    assert len(json.dumps(found).encode()) < 256 * 1024
    assert found["content"]["description"] or not title
