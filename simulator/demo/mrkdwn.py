"""Slack's own markup as HTML: what "Formatting text for app surfaces" names, as far as a message of ours may use it."""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
# A mark stands at the rim of a word, and says nothing within one.
_MARKS = re.compile(
    r"<(?P<link>[^<>]+)>|`(?P<code>[^`\n]+)`|(?<![\w*])\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?![\w*])"
    r"|(?<!\w)_(?P<italic>\S(?:[^_\n]*\S)?)_(?!\w)|(?<!\w)~(?P<struck>\S(?:[^~\n]*\S)?)~(?!\w)"
)
_EMOJI = {":warning:": "\u26a0\ufe0f", ":rotating_light:": "\U0001f6a8"}
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}  # the three that Slack has, the last one last

Names = Mapping[str, str]


def html(text: str, names: Names) -> str:
    """Write text as a reader sees it: people and channels by their names, each line on its own."""
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_lines(text[at : fence.start()], names), f"<pre>{plain(fence[1])}</pre>"]
        at = fence.end()
    return "".join([*parts, _lines(text[at:], names)])


def plain(text: str) -> str:
    """Write text that has no marks, with its emoji."""
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    for name, sign in _EMOJI.items():
        text = text.replace(name, sign)
    return escape(text)


def _lines(text: str, names: Names) -> str:
    return "".join(_inline(text, names)).replace("\n", "<br>\n")


def _inline(text: str, names: Names) -> Iterator[str]:
    at = 0
    for found in _MARKS.finditer(text):
        yield plain(text[at : found.start()])
        at = found.end()
        kind = str(found.lastgroup)
        yield _link(found[kind], names) if kind == "link" else _WRITTEN[kind](found[kind], names)
    yield plain(text[at:])


def _link(target: str, names: Names) -> str:
    """Write a mention by its name, and a link by its words: the page leads nowhere."""
    address, _, words = target.partition("|")
    if address.startswith(("@", "#", "!")):
        name = words or names.get(address[1:], address[1:])
        sign = "#" if address.startswith("#") else "@"
        return f'<span class="mention">{sign}{plain(name.removeprefix(sign))}</span>'
    return plain(words or address)


_WRITTEN: Mapping[str, Callable[[str, Names], str]] = {
    "code": lambda text, _: f"<code>{plain(text)}</code>",
    "bold": lambda text, names: f"<b>{''.join(_inline(text, names))}</b>",
    "italic": lambda text, names: f"<i>{''.join(_inline(text, names))}</i>",
    "struck": lambda text, names: f"<s>{''.join(_inline(text, names))}</s>",
}
