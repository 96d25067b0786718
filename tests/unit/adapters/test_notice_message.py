import json
from typing import Any

import pytest

from capacity_blocks.adapters.notice_message import facts, message, observed, subject
from capacity_blocks.core import mail
from capacity_blocks.core.notice import Severity
from tests.factories import a_notice

LIMIT = 256 * 1024


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("train is scaled out", "[info] train is scaled out"),
        ("two\nlines\tand a\r\nthird", "[info] two lines and a third"),
        ("bell\x07 and delete\x7f", "[info] bell and delete"),
        ("Müller's pool … ready", "[info] Mu?ller's pool ... ready"),
        ("x" * 200, "[info] " + "x" * 92),
    ],
)
def test_a_subject_is_one_short_line_of_ascii(title: str, line: str) -> None:
    found = subject(a_notice(title=title))

    assert found == line
    assert found.isascii()
    assert len(found) < 100


def test_a_subject_begins_with_the_severity() -> None:
    assert subject(a_notice(severity=Severity.CRITICAL, title="act")) == "[critical] act"


def test_each_protocol_gets_what_serves_it() -> None:
    notice = a_notice()
    parts = json.loads(message(notice, observe_only=False))

    assert parts == {
        "default": mail.body(notice),
        "email": mail.body(notice),
        "sms": "[info] train is scaled out to 8 on cr-0a",
        **dict.fromkeys(("lambda", "sqs", "http", "https"), json.dumps(facts(notice, observe_only=False))),
    }


def test_an_observer_says_that_nothing_was_changed() -> None:
    notice = observed(a_notice())

    assert notice.title == "Observe only: train is scaled out to 8 on cr-0a"
    assert notice.text == "Observe only: nothing was changed. EC2 says that the block is active."
    assert json.loads(json.loads(message(notice, observe_only=True))["lambda"])["observe_only"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "x" * 300_000},
        {"text": 'ü"\n' * 100_000},
        {"text": "漢" * 40_000},  # fewer characters than SNS allows bytes
        {"text": "\x01" * 100_000},
        {"next_step": "x" * 300_000, "title": "y" * 300_000},
        {"facts": tuple((f"fact {n}", "x" * 1000) for n in range(1000))},
        {"facts": tuple((f"fact {n}", "x") for n in range(20_000))},
    ],
    ids=[
        "long text",
        "quotes and umlauts",
        "three bytes each",
        "control characters",
        "long everything",
        "long facts",
        "many facts",
    ],
)
def test_a_notice_that_sns_would_refuse_as_too_long_is_cut(changes: dict[str, Any]) -> None:
    text = message(a_notice(**changes), observe_only=False)

    assert len(text.encode()) <= LIMIT
    told = json.loads(json.loads(text)["lambda"])
    assert (told["key"], told["severity"]) == ("cr-0a:train:scaled-out", "info")


def test_a_notice_that_is_cut_says_so_and_keeps_as_much_as_fits() -> None:
    told = json.loads(json.loads(message(a_notice(text="x" * 100_000), observe_only=False))["lambda"])

    assert told["text"].endswith("x [cut]")
    assert len(told["text"]) > 10_000


def test_a_notice_that_fits_is_not_cut() -> None:
    told = json.loads(json.loads(message(a_notice(text="x" * 30_000), observe_only=False))["lambda"])

    assert told["text"] == "x" * 30_000
