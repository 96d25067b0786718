"""Block Kit as its reference at docs.slack.dev limits it: whatever breaks a limit is refused, as Slack does."""

from collections.abc import Iterator, Mapping
from typing import Any

_BLOCKS = 50
_TOP_TEXT = 40_000
_STYLES = (None, "primary", "danger")

Found = Iterator[str]


def mistakes(payload: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a message; nothing, if Slack would take it."""
    return list(_message(payload))


def _message(payload: Mapping[str, Any]) -> Found:
    blocks = payload.get("blocks") or []
    attachments = payload.get("attachments") or []
    if not (payload.get("text") or blocks or attachments):
        yield "no_text: there is nothing to show"
    if len(str(payload.get("text") or "")) > _TOP_TEXT:
        yield "msg_too_long: text"
    attached = [block for each in attachments for block in each.get("blocks", [])]
    if len(blocks) > _BLOCKS or len(attached) > _BLOCKS:
        yield f"{max(len(blocks), len(attached))} blocks; at most {_BLOCKS}"
    for number, block in enumerate([*blocks, *attached]):
        yield from (f"block {number}: {mistake}" for mistake in _block(block))
    ids = [block["block_id"] for block in [*blocks, *attached] if "block_id" in block]
    if len(set(ids)) < len(ids):
        yield "a block_id stands twice"


def _block(block: Mapping[str, Any]) -> Found:
    if len(str(block.get("block_id", ""))) > 255:
        yield "block_id is longer than 255"
    match block:
        case {"type": "header", "text": {"type": "plain_text"} as text}:
            yield from _text(text, 150)
        case {"type": "section"}:
            yield from _section(block)
        case {"type": "context", "elements": [_, *_] as elements} if len(elements) <= 10:
            for each in elements:
                yield from _text(each, 3000)
        case {"type": "actions", "elements": [_, *_] as elements} if len(elements) <= 25:
            yield from _actions(elements)
        case {"type": "divider"}:
            pass
        case _:
            yield f"{block.get('type')} is malformed, or of a type that is not known here"


def _section(block: Mapping[str, Any]) -> Found:
    text, fields = block.get("text"), block.get("fields", [])
    if text is None and not fields:
        yield "a section wants a text or fields"
    if text is not None:
        yield from _text(text, 3000)
    if len(fields) > 10:
        yield f"{len(fields)} fields; at most 10"
    for each in fields:
        yield from _text(each, 2000)


def _actions(elements: list[Mapping[str, Any]]) -> Found:
    ids = [each.get("action_id") for each in elements]
    if len(set(ids)) < len(ids):
        yield "an action_id stands twice in a block"
    for each in elements:
        if each.get("type") != "button":
            yield f"{each.get('type')} is not known here"
            continue
        yield from _text(each.get("text", {}), 75, ("plain_text",))
        yield from _length("action_id", each.get("action_id"), 255)
        yield from _length("value", each.get("value"), 2000)
        if each.get("style") not in _STYLES:
            yield f"style {each.get('style')}"
        if "confirm" in each:
            yield from _confirm(each["confirm"])


def _confirm(dialog: Mapping[str, Any]) -> Found:
    for part, most in {"title": 100, "text": 300, "confirm": 30, "deny": 30}.items():
        for mistake in _text(dialog.get(part, {}), most, ("plain_text",)):
            yield f"confirm.{part}: {mistake}"
    if dialog.get("style") not in _STYLES:
        yield f"confirm: style {dialog.get('style')}"


def _text(text: Mapping[str, Any], most: int, types: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Found:
    if text.get("type") not in types:
        yield f"text is of type {text.get('type')}"
    yield from _length("text", text.get("text"), most)


def _length(name: str, value: object, most: int) -> Found:
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        yield f"{name} is {len(value) if isinstance(value, str) else 'no text'}; from 1 to {most} characters"
