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
    if (length := len(json.dumps([texts(block) for block in blocks], ensure_ascii=False))) > 16_000:
        found.append(f"{length} characters in all")
    return found


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
