"""A message of Slack: what it says and how it looks, as Slack's own JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.slack import limit
from capacity_blocks.core.slack.text import MARKS, cut, escaped_cut, localised

Block = Mapping[str, Any]

COLOURS = {Severity.INFO: "#439fe0", Severity.WARNING: "#ecb22e", Severity.CRITICAL: "#e01e5a"}
# Said in words too: not everybody sees colours.

NO_BUTTONS = "_Here are no buttons: the mail has the commands._"
UNTITLED = "A notice without a title"  # Slack takes no empty text


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`text` is what a phone shows of it, `head` stands above the coloured bar, `body` beside it."""

    severity: Severity
    text: str
    head: tuple[Block, ...]
    body: tuple[Block, ...]

    def payload(self) -> dict[str, Any]:
        """Return what chat.postMessage and webhooks take, but for where it goes."""
        return {
            "text": self.text,
            "blocks": list(self.head),
            "attachments": [{"color": COLOURS[self.severity], "fallback": self.text, "blocks": list(self.body)}],
            "unfurl_links": False,
            "unfurl_media": False,
        }

    def plain(self) -> dict[str, Any]:
        """Return the same without any block, for when Slack will not have them: better plain than not at all."""
        said = [line for block in (*self.head, *self.body) for line in _plain(block)]
        return {"text": cut("\n".join([self.text, *said]), limit.TEXT), "unfurl_links": False, "unfurl_media": False}


def _plain(block: Block) -> Sequence[str]:
    """Return what is left of a block in plain text. The title is in it already, and where it is from is not missed."""
    match block["type"]:
        case "section":
            return [each["text"] for each in (*filter(None, [block.get("text")]), *block.get("fields", ()))]
        case "actions":
            return [NO_BUTTONS]
        case _:
            return []


def head(severity: Severity, title: str, mentions: tuple[str, ...], zone: tzinfo) -> tuple[Block, ...]:
    """Return the title, and below it whom it calls: Slack calls nobody from within a title."""
    line = cut(f"{MARKS[severity]}{localised(title, zone)}", limit.HEADER)
    header: Block = {"type": "header", "text": plain_text(line)}
    called = " ".join(map(mentioned, mentions))
    return (header, section(called)) if called else (header,)


def notification(severity: Severity, title: str, zone: tzinfo) -> str:
    return escaped_cut(f"{MARKS[severity]}{localised(title, zone)}", limit.TEXT) or UNTITLED


def mentioned(who: str) -> str:
    """Write an id, `here` or `channel` so that Slack calls whom it means."""
    match who[0]:
        case "S":
            return f"<!subteam^{who}>"
        case "U" | "W":
            return f"<@{who}>"
        case _:
            return f"<!{who}>"


def plain_text(text: str) -> Block:
    return {"type": "plain_text", "text": text or " ", "emoji": True}  # Slack takes no empty text


def section(markdown: str) -> Block:
    return {"type": "section", "text": marked(markdown)}


def context(markdown: str) -> Block:
    return {"type": "context", "elements": [marked(markdown)]}


def marked(markdown: str) -> Block:
    """Return a text whose links and mentions are those that are written as such: a bare @channel calls nobody."""
    return {"type": "mrkdwn", "text": markdown, "verbatim": True}
