"""Files as the AWS CLI writes them: which call wrote one, whether it has what is needed, and what would be right."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.demo.kind import BLOCK_NEEDS, KINDS, Need

Document = Mapping[str, Any]


class DocumentError(ValueError):
    """A file cannot be played. The message names the file, the key and what would be right."""


def read(path: Path) -> tuple[str, list[Document]]:
    """Return what kind of items a file holds, by the key they lie under, and the items; else DocumentError."""
    content = _content(path)
    kind = next((each for each in KINDS if each.key in content), None)
    if kind is None:
        known = "; ".join(f'"{each.key}" ({each.command})' for each in KINDS)
        found = ", ".join(f'"{key}"' for key in content) or "nothing"
        raise DocumentError(f"{path}: holds {found}; right is the whole output of one of these: {known}")
    under = content[kind.key]
    items = [under] if kind.single else under
    if not isinstance(items, list):
        raise DocumentError(f"{path}: {kind.key} is {_shown(items)}; right: a list, as {kind.command} writes it")
    for place, item in enumerate(items):
        where = kind.key if kind.single else f"{kind.key}[{place}]"
        check(path, where, item, kind.needs, kind.command)
        if item.get("ReservationType") == "capacity-block":
            check(path, where, item, BLOCK_NEEDS, kind.command)
    return kind.key, items


def check(path: Path, where: str, item: Any, needs: tuple[Need, ...], command: str) -> None:
    """Raise DocumentError for the first member that is missing or wrong."""
    if not isinstance(item, dict):
        raise DocumentError(f"{path}: {where} is {_shown(item)}; right: an object, as {command} writes it")
    for wrong in _wrong(item, needs):
        found = f"is {_shown(item[wrong.key])}" if wrong.key in item else "is missing"
        raise DocumentError(f"{path}: {where}.{wrong.key} {found}; right: {wrong.right}, as {command} writes it")


def _wrong(item: Document, needs: tuple[Need, ...]) -> Iterator[Need]:
    return (need for need in needs if need.key not in item or not need.is_right(item[need.key]))


def _content(path: Path) -> Document:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DocumentError(f"{path}: is not JSON ({error}); right: what the AWS CLI prints, --output json") from error
    if not isinstance(content, dict):
        raise DocumentError(f"{path}: is {_shown(content)}; right: the whole output of the AWS CLI, without --query")
    return content


def _shown(value: Any) -> str:
    match value:
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return json.dumps(value)
