"""What happened in a world, as one list of facts in the order of virtual time."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened: `kind` groups facts alike, `subject` says to what, `text` how."""

    at: datetime
    kind: str
    subject: str
    text: str


class Journal:
    """A list that only grows. The same seed writes the same journal, to the byte."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._facts: list[Fact] = []

    def add(self, kind: str, subject: str, text: str = "") -> None:
        self._facts.append(Fact(at=self._now(), kind=kind, subject=subject, text=text))

    def adopt(self, fact: Any, kind: str | None = None) -> None:
        """Take over a fact of another part of the local AWS: a dataclass that says `at` what instant it happened."""
        named = {each.name: getattr(fact, each.name) for each in fields(fact)}
        at = named.pop("at")
        subject = next((named.pop(name) for name in _SUBJECTS if named.get(name)), "")
        said = {name.replace("_", " "): _text(value) for name, value in named.items() if value is not None}
        text = ", ".join(f"{name} {value}" for name, value in said.items())
        self._facts.append(Fact(at=at, kind=kind or _words(type(fact).__name__), subject=str(subject), text=text))

    def __iter__(self) -> Iterator[Fact]:
        return iter(tuple(self._facts))

    def __len__(self) -> int:
        return len(self._facts)

    def of(self, kind: str) -> list[Fact]:
        return [fact for fact in self._facts if fact.kind == kind]

    def as_json(self) -> str:
        """Write one fact a line."""
        return "\n".join(
            json.dumps({"at": written(fact.at), "kind": fact.kind, "subject": fact.subject, "text": fact.text})
            for fact in self._facts
        )


# What a fact of another part is about: the first of these that it has.
_SUBJECTS = ("group", "node_group", "instance_id", "reservation_id")


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _text(value: object) -> str:
    match value:
        case datetime():
            return written(value)
        case timedelta():
            return f"{value.total_seconds():g} s"
        case _:
            return str(value)


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
