"""A message after a click: the answer stands where the buttons were, and all else as it was."""

import json
from collections.abc import Mapping
from typing import Any

from capacity_blocks.core.slack.rewrite import Note, private, rewritten
from tests.slack import ORIGIN, TEXT, TITLE, a_message, blocks_of, buttons

YES = {"intent_id": "one", "terms": "0a", "decision": "approve"}
NO = {"intent_id": "one", "terms": "0a", "decision": "reject"}
OTHER = {"intent_id": "two", "terms": "0b", "decision": "approve"}


def concerns_one(value: Mapping[str, str]) -> bool:
    return value.get("intent_id") == "one"


def a_note(text: str = "Approved by Ada.", subject: str = "one", is_final: bool = True) -> Note:
    return Note(subject=subject, text=text, concerns=concerns_one, is_final=is_final)


def said(text: str) -> dict[str, Any]:
    return {"type": "section", "block_id": "answered-one", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def test_the_answer_takes_the_place_of_the_buttons() -> None:
    bar = {"color": "ecb22e", "fallback": "To approve", "blocks": [TEXT, said("Approved by Ada."), ORIGIN]}

    assert rewritten(a_message(buttons(YES, NO)), a_note()) == {
        "replace_original": True,
        "text": "To approve",
        "blocks": [TITLE],
        "attachments": [bar],
    }


def test_a_message_without_a_bar_is_rewritten_too() -> None:
    message = {"ts": "1.1", "text": "To approve", "blocks": [TEXT, buttons(YES, NO)]}
    replaced = rewritten(message, a_note())

    assert replaced is not None
    assert replaced["blocks"] == [TEXT, said("Approved by Ada.")]


def test_while_more_must_answer_the_buttons_stay() -> None:
    row = buttons(YES, NO)
    first = rewritten(a_message(row), a_note("Approved by Ada.", is_final=False))
    assert first is not None
    assert blocks_of(first) == [TEXT, row, said("Approved by Ada."), ORIGIN]

    last = rewritten(first, a_note("Approved by Ada and Ben."))
    assert last is not None
    assert blocks_of(last) == [TEXT, said("Approved by Ada and Ben."), ORIGIN]


def test_the_same_again_changes_nothing() -> None:
    once = rewritten(a_message(buttons(YES, NO)), a_note())
    assert once is not None

    assert rewritten(once, a_note()) == once


def test_the_buttons_of_other_questions_stay() -> None:
    first, second = buttons(YES, NO), buttons(OTHER, block_id="a2")
    replaced = rewritten(a_message(first, second), a_note())

    assert replaced is not None
    assert blocks_of(replaced) == [TEXT, said("Approved by Ada."), second, ORIGIN]


def test_the_other_buttons_of_a_row_stay() -> None:
    replaced = rewritten(a_message(buttons(YES, OTHER)), a_note())

    assert replaced is not None
    [_, row, note, _] = blocks_of(replaced)
    assert [json.loads(each["value"]) for each in row["elements"]] == [OTHER]
    assert note == said("Approved by Ada.")


def test_a_button_that_is_none_of_ours_is_left_alone() -> None:
    row = buttons(OTHER)
    row["elements"] += [{"type": "button", "url": "https://example.com"}, {"type": "button", "value": "no JSON"}]

    assert rewritten(a_message(row), a_note()) is None


def test_a_message_that_was_too_long_to_hand_on_is_left_as_it_is() -> None:
    assert rewritten({"ts": "1.1"}, a_note()) is None


def test_a_note_fits_into_a_section() -> None:
    replaced = rewritten(a_message(buttons(YES)), a_note("a" * 5000, subject="b" * 500))

    assert replaced is not None
    note = blocks_of(replaced)[1]
    assert (len(note["text"]["text"]), len(note["block_id"])) == (3000, 255)


def test_a_private_answer_goes_to_the_thread_of_its_message() -> None:
    answer = {"response_type": "ephemeral", "replace_original": False, "text": "Too late."}

    assert private("Too late.", {"ts": "1.1"}) == answer
    assert private("Too late.", {"ts": "1.1", "thread_ts": "1.0"}) == answer | {"thread_ts": "1.0"}
