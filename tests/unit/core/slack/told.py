"""Publications for the tests of messages, and what Slack and its SDK say to a message."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import Block

from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack.message import Message
from simulator.slack.validation import mistakes
from tests.factories import a_notice, at

AT = at("2027-03-21T11:30")


def told(number: int = 1, *, when: datetime = AT, observe_only: bool = False, **changes: Any) -> Publication:
    return Publication(message_id=f"m-{number}", at=when, notice=a_notice(**changes), observe_only=observe_only)


def refusals(message: Message) -> list[str]:
    """Return what Slack's limits, and its own SDK, find wrong with a message, with and without its blocks."""
    payload = message.payload()
    blocks = [dict(block) for block in (*message.head, *message.body)]
    for block in Block.parse_all(json.loads(json.dumps(blocks))):
        block.validate_json()
    found = [*mistakes(payload), *mistakes(message.plain())]
    found += [f"{each} is not verbatim" for each in marked(blocks) if each.get("verbatim") is not True]
    if (length := len(json.dumps([texts(block) for block in blocks], ensure_ascii=False))) > 16_000:
        found.append(f"{length} characters in all")
    return found


def marked(value: object) -> list[Mapping[str, Any]]:
    """Return every object whose text Slack marks up, where it links bare names unless it is told not to."""
    match value:
        case {"type": "mrkdwn"}:
            return [value]  # type: ignore[list-item]  # a mapping, as it was matched
        case Mapping():
            return [found for each in value.values() for found in marked(each)]
        case list() | tuple():
            return [found for each in value for found in marked(each)]
        case _:
            return []


def texts(value: object) -> list[str]:
    """Return every text in a block."""
    match value:
        case {"type": "mrkdwn" | "plain_text", "text": str(text)}:
            return [text]
        case Mapping():
            return [text for each in value.values() for text in texts(each)]
        case list() | tuple():
            return [text for each in value for text in texts(each)]
        case _:
            return []


def words(message: Message) -> str:
    return "\n".join(texts([*message.head, *message.body]))
