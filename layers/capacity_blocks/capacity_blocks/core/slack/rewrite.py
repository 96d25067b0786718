"""A message after somebody has clicked: without the buttons that are answered, and with what came of it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from capacity_blocks.core.slack import limit
from capacity_blocks.core.slack.message import Block, section
from capacity_blocks.core.slack.text import cut

MOST_ID = 255  # "Blocks": the most that a block_id may have
# Of an attachment that comes back from Slack, what we had sent; Slack adds an id and words of its own.
_OURS = ("color", "blocks", "fallback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a message is to say beside the buttons whose values it `concerns`, and whether these may still be clicked.

    A later note on the same `subject` takes the place of the earlier one.
    """

    subject: str
    text: str
    concerns: Callable[[Mapping[str, str]], bool]
    is_final: bool = True

    @property
    def block(self) -> Block:
        return {**section(cut(self.text, limit.SECTION_TEXT)), "block_id": f"answered-{self.subject}"[:MOST_ID]}


def rewritten(message: Mapping[str, Any], note: Note) -> dict[str, Any] | None:
    """Return what replaces a message; None where nothing of it is about the note, or too little of it is known.

    All other buttons stay: a message may hold several questions.
    """
    blocks = _noted(message.get("blocks") or [], note)
    attachments = [_attachment(each, note) for each in message.get("attachments") or []]
    if all(note.block not in each for each in (blocks, *(each.get("blocks", ()) for each in attachments))):
        return None
    return {
        "replace_original": True,
        "text": message.get("text") or "",
        "blocks": blocks,
        "attachments": attachments,
    }


def private(told: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer that only whoever clicked can see, where they clicked."""
    thread = {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
    return {"response_type": "ephemeral", "replace_original": False, "text": cut(told, limit.TEXT), **thread}


def _attachment(attachment: Mapping[str, Any], note: Note) -> dict[str, Any]:
    kept = {name: attachment[name] for name in _OURS if name in attachment}
    return kept | {"blocks": _noted(kept["blocks"], note)} if "blocks" in kept else kept


def _noted(blocks: Sequence[Block], note: Note) -> list[Block]:
    changed = list(_changed(blocks, note))
    return [each for number, each in enumerate(changed) if each != note.block or note.block not in changed[:number]]


def _changed(blocks: Sequence[Block], note: Note) -> Iterator[Block]:
    """Yield the blocks with the note behind its buttons, or where an earlier one stands."""
    for block in blocks:
        if block.get("block_id") == note.block["block_id"]:
            yield note.block
        elif block.get("type") == "actions" and any(note.concerns(_value(each)) for each in block["elements"]):
            if kept := [each for each in block["elements"] if not (note.is_final and note.concerns(_value(each)))]:
                yield {**block, "elements": kept}
            yield note.block
        else:
            yield block


def _value(element: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the value of a button; an empty one where it is none of ours."""
    try:
        value = json.loads(element.get("value") or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
