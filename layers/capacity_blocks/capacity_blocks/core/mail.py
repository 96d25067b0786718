"""A notice as plain text, for mail: short lines in sections, and commands as they are to be copied."""

from collections.abc import Iterator
from textwrap import wrap

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.passage import Passage, passages

WIDTH = 76  # what mail programs quote without breaking it anew
BULLET = "- "
INDENT = "  "
LONGEST_NAME = 24  # a longer one gets no column of its own


def body(notice: Notice) -> str:
    return "\n\n".join(filter(None, (*_story(notice), _steps(notice), _facts(notice))))


def _story(notice: Notice) -> Iterator[str]:
    yield _wrapped(notice.title)
    for paragraph in notice.text.split("\n\n"):
        yield "\n".join(map(_passage, passages(paragraph)))


def _passage(part: Passage) -> str:
    return part.text if part.is_command else "\n".join(map(_wrapped, part.text.split("\n")))


def _wrapped(line: str, indent: str = "") -> str:
    """Break a line between words. What is longer than a line, an address mostly, stays whole; so do tables."""
    if line.startswith(" ") or len(indent) + len(line) <= WIDTH:
        return indent + line
    hanging = indent + (INDENT if line.startswith(BULLET) else "")
    lines = wrap(
        line, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)


def _steps(notice: Notice) -> str:
    return f"What to do\n{_wrapped(notice.next_step, INDENT)}" if notice.next_step else ""


def _facts(notice: Notice) -> str:
    about = (
        ("Pool", notice.pool),
        ("Region", notice.region),
        ("Reservation", notice.reservation_id),
        ("Target", notice.target),
        ("Because", notice.reason),
        *notice.facts,
    )
    known = [(name, value) for name, value in about if value]
    column = max((len(name) for name, _ in known if len(name) <= LONGEST_NAME), default=0) + 2
    if not known:
        return ""
    return "\n".join(["What it is about", *(f"{INDENT}{f'{name}  ':<{column}}{value}" for name, value in known)])
