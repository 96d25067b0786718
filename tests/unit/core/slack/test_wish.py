"""What a button says comes back as it was meant, and nothing else is understood."""

from datetime import timedelta

import pytest

from capacity_blocks.core.slack.click import ClickError
from capacity_blocks.core.slack.wish import Decision, Extension, Successor, read
from tests.factories import at

EXTENSION = Extension(
    reservation_id="cr-0123456789abcdef0",
    region="us-east-2",
    pool="training",
    duration=timedelta(days=7),
    most_fee="42000.00",
    end=at("2026-05-11T11:30"),
)
SUCCESSOR = Successor(
    reservation_id="cr-0123456789abcdef0",
    region="us-east-2",
    pool="training",
    end=at("2026-05-11T11:30"),
    start=at("2026-05-11T10:30"),
    until=at("2026-05-18T11:30"),
    most_fee="42000.5",
)


def test_an_answer_to_a_question_comes_back() -> None:
    value = {"intent_id": "may-training-1-0a", "terms": "0a", "decision": "approve"}

    assert read(value) == Decision(body=value)


def test_an_extension_comes_back() -> None:
    assert dict(EXTENSION.value)["hours"] == "168"
    assert read(dict(EXTENSION.value)) == EXTENSION


def test_a_purchase_comes_back() -> None:
    assert read(dict(SUCCESSOR.value)) == SUCCESSOR
    assert SUCCESSOR.request_id == "next-cr-0123456789abcdef0-20260511t1130"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"decision": "approve"},
        {"intent_id": "a", "terms": "b", "decision": "approve", "by": "slack:T0/U0"},
        dict(EXTENSION.value) | {"automatic": "true"},
        dict(EXTENSION.value) | {"hours": "a week"},
        dict(EXTENSION.value) | {"hours": "0"},
        dict(EXTENSION.value) | {"fee": "all of it"},
        dict(EXTENSION.value) | {"fee": ""},
        dict(EXTENSION.value) | {"end": "2026-05-11T11:30"},
        dict(EXTENSION.value) | {"end": "soon"},
        dict(EXTENSION.value) | {"extend": "i-0a"},
        {"buy": "a block"},
        dict(SUCCESSOR.value) | {"tags": "mine"},
        dict(SUCCESSOR.value) | {"buy_after": "i-0a"},
        dict(SUCCESSOR.value) | {"end": "soon"},
        dict(SUCCESSOR.value) | {"start": "2026-05-11T10:30"},
        dict(SUCCESSOR.value) | {"until": "2026-05-11T10:30:00+00:00"},
        dict(SUCCESSOR.value) | {"fee": "all of it"},
        dict(SUCCESSOR.value) | {"fee": "NaN"},
    ],
)
def test_what_is_none_of_ours_is_refused(value: dict[str, str]) -> None:
    with pytest.raises(ClickError):
        read(value)
