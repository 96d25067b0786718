"""Filters and pages of describe calls, as "Filter resources" and "Pagination" of the EC2 API describe them."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from .error import CapacityBlockError, bad_combination, invalid_value
from .holdings import Document, Parameters

Item = TypeVar("Item")
# What a filter looks at, in each way that EC2 would accept to have it written; nothing when the item lacks it.
Reader = Callable[[Item], Sequence[str]]
TagsOf = Callable[[Item], Mapping[str, str]]

# botocore: MaxResults min 1, max 1000. How many come without it is assumed to be as many.
_MOST = 1000


def spellings(instant: datetime | None) -> list[str]:
    """The ways to write one instant in a filter (assumed: with or without milliseconds)."""
    return [] if instant is None else [instant.strftime(f"%Y-%m-%dT%H:%M:%S{end}") for end in (".000Z", "Z", "+00:00")]


def select(
    items: Iterable[Item], parameters: Parameters, readers: Mapping[str, Reader[Item]], tags_of: TagsOf[Item]
) -> list[Item]:
    """Keep what every filter accepts. Values of one filter are alternatives; `*` and `?` are wildcards in them."""
    chosen = list(items)
    for each in parameters.get("Filters", ()):
        read = _reader(each, readers, tags_of)
        patterns = [_pattern(value) for value in each.get("Values", ())]
        chosen = [item for item in chosen if any(p.fullmatch(text) for p in patterns for text in read(item))]
    return chosen


def _reader(filter_: Document, readers: Mapping[str, Reader[Item]], tags_of: TagsOf[Item]) -> Reader[Item]:
    name = filter_.get("Name")
    if not isinstance(name, str):
        raise invalid_value("The filter 'null' is invalid")
    if name in readers:
        return readers[name]
    # Not documented for these calls, yet Karpenter finds its reservations by them (capacityreservation/types.go).
    if name == "tag-key":
        return lambda item: list(tags_of(item))
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda item: [value for each, value in tags_of(item).items() if each == key]
    raise invalid_value(f"The filter '{name}' is invalid")


def _pattern(value: str) -> re.Pattern[str]:
    return re.compile(re.escape(value).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def cut(
    items: Sequence[Item], parameters: Parameters, order: Callable[[Item], int], ids: str | None = None
) -> tuple[list[Item], str | None]:
    """One page, and the token of the next one if there is more. `ids` names what excludes MaxResults."""
    most = parameters.get("MaxResults", _MOST)
    if not 1 <= most <= _MOST:
        raise invalid_value(f"Value ({most}) for parameter maxResults is invalid. Expecting a value from 1 to {_MOST}.")
    if ids is not None and parameters.get(ids) and "MaxResults" in parameters:
        raise bad_combination(f"The parameter {ids} cannot be used with the parameter MaxResults")
    after = _opened(parameters["NextToken"]) if parameters.get("NextToken") else 0
    left = [item for item in items if order(item) > after]
    page = left[:most]
    return page, (_sealed(order(page[-1])) if len(left) > most else None)


def paged(name: str, documents: list[Document], token: str | None) -> Document:
    return {name: documents} if token is None else {name: documents, "NextToken": token}


def _sealed(order: int) -> str:
    return base64.urlsafe_b64encode(f"after:{order}".encode()).decode()


def _opened(token: str) -> int:
    """Where the page before ended. A position outlives what was dropped in between, where an offset would not."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError):
        text = ""
    found = re.fullmatch(r"after:(\d+)", text)
    if found is None:
        raise CapacityBlockError("InvalidNextToken", f"The specified NextToken '{token}' is not valid")
    return int(found[1])
