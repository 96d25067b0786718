"""Messages of Block Kit as HTML, block by block, as Slack's reference describes each."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from simulator.demo import mrkdwn
from simulator.demo.mrkdwn import Names

Block = Mapping[str, Any]
Payload = Mapping[str, Any]


def message(payload: Payload, names: Names, clicked: str = "") -> str:
    """Write a message: what stands above its coloured bar, and what beside it. One button may have been clicked."""
    head = blocks(payload.get("blocks") or (), names, clicked)
    beside = "".join(_beside(each, names, clicked) for each in payload.get("attachments") or ())
    return head + beside or f"<p>{mrkdwn.html(str(payload.get('text', '')), names)}</p>"


def _beside(attachment: Mapping[str, Any], names: Names, clicked: str) -> str:
    inside = blocks(attachment.get("blocks", ()), names, clicked)
    return f'<div class="beside" style="border-color:{colour(attachment)}">{inside}</div>'


def changed(before: Payload, after: Payload, names: Names) -> str:
    """Write what of a message is new since it was replaced, and which buttons are left; a click changes no more."""
    known = [_essence(each) for each in every(before)]
    new = [each for each in every(after) if _essence(each) not in known]
    return blocks(new, names)


def every(payload: Payload) -> Sequence[Block]:
    beside = [block for each in payload.get("attachments") or () for block in each.get("blocks", ())]
    return [*(payload.get("blocks") or ()), *beside]


def colour(attachment: Mapping[str, Any]) -> str:
    """Return the colour of a bar: Slack gives it back without the sign that it was sent with."""
    return "#" + escape(str(attachment.get("color", "dddddd")).lstrip("#"))


def blocks(found: Iterable[Block], names: Names, clicked: str = "") -> str:
    return "".join(_block(each, names, clicked) for each in found)


def _essence(block: Block) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name != "block_id"}


def _block(block: Block, names: Names, clicked: str) -> str:
    match block["type"]:
        case "header":
            return f'<p class="headline">{_text(block["text"], names)}</p>\n'
        case "section":
            said = f"<p>{_text(block['text'], names)}</p>\n" if "text" in block else ""
            fields = "".join(f"<p>{_text(each, names)}</p>" for each in block.get("fields", ()))
            return said + (f'<div class="fields">{fields}</div>\n' if fields else "")
        case "context":
            return f'<p class="context">{" ".join(_text(each, names) for each in block["elements"])}</p>\n'
        case "actions":
            return f'<p class="buttons">{"".join(_button(each, clicked) for each in block["elements"])}</p>\n'
        case "divider":
            return "<hr>\n"
        case other:
            raise ValueError(f"{other} is no block that this page can show")


def _button(button: Mapping[str, Any], clicked: str) -> str:
    """Write a button; whoever rests on it reads what Slack would ask before the click counts."""
    label, confirm = str(button["text"]["text"]), button.get("confirm")
    asked = f' title="{escape(confirm["text"]["text"])}"' if confirm else ""
    look = f"button {button.get('style', '')}".strip() + (" clicked" if label == clicked else "")
    return f'<span class="{look}"{asked}>{mrkdwn.plain(label)}</span>'


def _text(text: Mapping[str, Any], names: Names) -> str:
    return mrkdwn.html(text["text"], names) if text["type"] == "mrkdwn" else mrkdwn.plain(text["text"])
