"""What a click wants: an answer to a question, an extension, or the purchase of what follows.

The value of a button is made here, and read here when it comes back.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.slack.click import ClickError

Value = tuple[tuple[str, str], ...]
HOUR = timedelta(hours=1)
_RESERVATION = re.compile("cr-[0-9a-z]{1,40}", re.ASCII)
_DECISION = frozenset({"intent_id", "terms", "decision"})
_EXTENSION = frozenset({"extend", "region", "pool", "hours", "fee", "end"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A yes or a no to exact terms, as every door takes it."""

    body: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Have a block extended that still ends at `end`, for at most that fee. The pool says who may ask for it."""

    reservation_id: str
    region: str
    pool: str
    duration: timedelta
    most_fee: str
    end: datetime

    @property
    def value(self) -> Value:
        return (
            ("extend", self.reservation_id),
            ("region", self.region),
            ("pool", self.pool),
            ("hours", str(self.duration // HOUR)),
            ("fee", self.most_fee),
            ("end", self.end.isoformat()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """Have a block bought that follows one: a purchase request. Its pool says who may ask for it."""

    request: Mapping[str, Any]

    @property
    def value(self) -> Value:
        return (("buy", json.dumps(dict(self.request), separators=(",", ":"))),)

    @property
    def request_id(self) -> str:
        return str(self.request["request_id"])

    @property
    def pool(self) -> str:
        return str(self.request["pool"])


Wish = Decision | Extension | Successor


def read(value: Mapping[str, str]) -> Wish:
    """Read the value of a button; ClickError for one that no message of ours has."""
    if value.keys() == _DECISION:
        return Decision(body=value)
    if value.keys() == _EXTENSION:
        return _extension(value)
    if value.keys() == {"buy"}:
        return _successor(value["buy"])
    raise ClickError("its button is none of ours")


def _extension(value: Mapping[str, str]) -> Extension:
    try:
        end, hours = datetime.fromisoformat(value["end"]), int(value["hours"])
    except ValueError as error:
        raise ClickError("its extension is not understood") from error
    if _RESERVATION.fullmatch(value["extend"]) is None or end.tzinfo is None or hours < 1:
        raise ClickError("its extension is not understood")
    return Extension(
        reservation_id=value["extend"],
        region=value["region"],
        pool=value["pool"],
        duration=hours * HOUR,
        most_fee=value["fee"],
        end=end,
    )


def _successor(text: str) -> Successor:
    try:
        request = json.loads(text)
    except ValueError as error:
        raise ClickError("its purchase is not understood") from error
    match request:
        case {"request_id": str(), "pool": str()}:
            return Successor(request=request)
        case _:
            raise ClickError("its purchase is not understood")
