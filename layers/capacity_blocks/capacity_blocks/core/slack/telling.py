"""How a notice becomes a message: what happened, the facts, what to do, and buttons to do it."""

import re
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import accumulate
from textwrap import wrap

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.passage import Passage, passages
from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack import limit
from capacity_blocks.core.slack.button import actions, is_complete
from capacity_blocks.core.slack.message import Block, Message, context, head, marked, notification, section
from capacity_blocks.core.slack.route import Route
from capacity_blocks.core.slack.text import escaped, escaped_cut, localised, pages

FENCE = "```"
MOST_SECTIONS = 2  # more is scrolled past; the mail has all of it
LINE = 2500  # of prose: escaped it is somewhat longer, and has to fit into a section
FACT_NAME, FACT_TEXT, FACTS_TEXT = 60, 600, 3000
TYPED = frozenset({"Terms", "Intent"})  # facts to be copied into a command; buttons carry them along
LINK = re.compile(r"https://[^\s|]+", re.ASCII)
REST = "_The rest is in the mail._"
IN_MAIL = "_The mail has the command._"  # one that is cut would do something else


def message(publication: Publication, route: Route, *, buttons: bool) -> Message:
    """Lay a notice out. With buttons, the commands that do the same are left to the mail."""
    notice, zone = publication.notice, route.time_zone
    row = actions(notice.choices) if buttons else ()
    by_hand = not is_complete(row)
    text = notice.text if by_hand else _without_commands(notice.text)
    return Message(
        severity=notice.severity,
        text=notification(notice.severity, notice.title, zone),
        head=head(notice.severity, notice.title, route.mentions.get(notice.severity, ()), zone),
        body=(
            *_sections(passages(localised(text, zone))),
            *_what_to_do(notice, zone),
            *row,
            *_facts(notice, zone, by_hand=by_hand),
            _origin(publication, zone),
        ),
    )


def _without_commands(text: str) -> str:
    """Leave out the paragraphs from the first command to the last, and what leads over to them."""
    paragraphs = text.split("\n\n")
    with_command = [n for n, each in enumerate(paragraphs) if any(part.is_command for part in passages(each))]
    if not with_command:
        return text
    before, after = paragraphs[: with_command[0]], paragraphs[with_command[-1] + 1 :]
    while before and before[-1].endswith(":"):
        before.pop()
    return "\n\n".join([*before, *after])


def _sections(parts: Sequence[Passage]) -> Iterator[Block]:
    """Yield the text in as few sections as it fits into, and say where it does not fit into all that there are."""
    found = list(pages((line for part in parts for line in _lines(part)), limit.SECTION_TEXT))
    yield from map(section, found[:MOST_SECTIONS])
    if len(found) > MOST_SECTIONS:
        yield section(REST)


def _lines(part: Passage) -> Iterator[str]:
    if part.is_command:
        command = f"{FENCE}\n{escaped(part.text)}\n{FENCE}"
        yield command if len(command) <= limit.SECTION_TEXT else IN_MAIL
    else:
        lines = (piece for line in part.text.split("\n") for piece in wrap(line, LINE) or [""])
        yield from (escaped_cut(line, limit.SECTION_TEXT) for line in lines)


def _what_to_do(notice: Notice, zone: tzinfo) -> Iterator[Block]:
    if notice.next_step:
        lead = "*What to do:* "
        yield section(lead + escaped_cut(localised(notice.next_step, zone), limit.SECTION_TEXT - len(lead)))


def _facts(notice: Notice, zone: tzinfo, *, by_hand: bool) -> Iterator[Block]:
    about = (
        ("Pool", notice.pool),
        ("Region", notice.region),
        ("Reservation", notice.reservation_id),
        ("Target", notice.target),
        *((name, value) for name, value in notice.facts if by_hand or name not in TYPED),
    )
    written = [f"*{escaped_cut(name, FACT_NAME)}*\n{_value(value, zone)}" for name, value in about if value]
    within = zip(written, accumulate(map(len, written)), strict=True)
    fields = [marked(text) for text, so_far in within if so_far <= FACTS_TEXT]
    for first in range(0, len(fields), limit.SECTION_FIELDS):
        yield {"type": "section", "fields": fields[first : first + limit.SECTION_FIELDS]}
    if len(fields) < len(written):
        yield context(REST)


def _value(value: str, zone: tzinfo) -> str:
    if LINK.fullmatch(value) and len(escaped(value)) <= FACT_TEXT:
        return f"<{escaped(value)}|open>"
    text = localised(value, zone)
    is_command = any(part.is_command for part in passages(value))
    return IN_MAIL if is_command and len(escaped(text)) > FACT_TEXT else escaped_cut(text, FACT_TEXT)


def _origin(publication: Publication, zone: tzinfo) -> Block:
    notice = publication.notice
    because = f" because {notice.reason}" if notice.reason else ""
    return context(
        escaped_cut(
            f"{localised(f'{publication.at:%Y-%m-%d %H:%M} UTC', zone)} · {notice.kind}{because}", limit.CONTEXT_TEXT
        )
    )
