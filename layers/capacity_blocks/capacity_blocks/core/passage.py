"""The text of a notice in parts: prose, which may be wrapped, and commands, which are to be copied as they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

# What the commands and events in our notices begin with.
_COMMAND = re.compile(r"^\s*(aws|awscurl|curl|eval|export|kubectl|sam) \S|^\s*[{\[]\s*\"", re.ASCII)
GOES_ON = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Lines of one kind."""

    text: str
    is_command: bool


def passages(text: str) -> tuple[Passage, ...]:
    """Return the parts of a text in their order. Blank lines between them are part of neither."""
    marked = groupby(_marked(text), key=lambda line: line[1])
    parts = (Passage(text="\n".join(line for line, _ in lines).strip("\n"), is_command=kind) for kind, lines in marked)
    return tuple(part for part in parts if part.text)


def _marked(text: str) -> Iterator[tuple[str, bool]]:
    goes_on = False
    for line in text.split("\n"):
        is_command = goes_on or _COMMAND.match(line) is not None
        goes_on = is_command and line.rstrip().endswith(GOES_ON)
        yield line, is_command
