"""What a click wants: an answer to a question, an extension, or the purchase of what follows.

The value of a button is made here, and read here when it comes back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.renewal.successor import request_id
from capacity_blocks.core.slack.click import ClickError

Value = tuple[tuple[str, str], ...]
HOUR = timedelta(hours=1)
_RESERVATION = re.compile("cr-[0-9a-z]{1,40}", re.ASCII)
_FEE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_DECISION = frozenset({"intent_id", "terms", "decision"})
_EXTENSION = frozenset({"extend", "region", "pool", "hours", "fee", "end"})
_SUCCESSOR = frozenset({"buy_after", "region", "pool", "end", "start", "until", "fee"})


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
    """Have a block bought that follows one which still ends at `end`. The pool says who may ask for it.

    A button holds 2000 characters, and the tags of a block alone may be longer: the request is made at the click.
    """

    reservation_id: str
    region: str
    pool: str
    end: datetime
    start: datetime  # of the block to buy
    until: datetime
    most_fee: str

    @property
    def value(self) -> Value:
        return (
            ("buy_after", self.reservation_id),
            ("region", self.region),
            ("pool", self.pool),
            ("end", self.end.isoformat()),
            ("start", self.start.isoformat()),
            ("until", self.until.isoformat()),
            ("fee", self.most_fee),
        )

    @property
    def request_id(self) -> str:
        return request_id(self.reservation_id, self.end)


Wish = Decision | Extension | Successor


def read(value: Mapping[str, str]) -> Wish:
    """Read the value of a button; ClickError for one that no message of ours has."""
    if value.keys() == _DECISION:
        return Decision(body=value)
    if value.keys() == _EXTENSION:
        return _extension(value)
    if value.keys() == _SUCCESSOR:
        return _successor(value)
    raise ClickError("its button is none of ours")


def _extension(value: Mapping[str, str]) -> Extension:
    try:
        end, hours = datetime.fromisoformat(value["end"]), int(value["hours"])
    except ValueError as error:
        raise ClickError("its extension is not understood") from error
    is_whole = end.tzinfo is not None and hours >= 1
    if _RESERVATION.fullmatch(value["extend"]) is None or not is_whole or not _FEE.fullmatch(value["fee"]):
        raise ClickError("its extension is not understood")
    return Extension(
        reservation_id=value["extend"],
        region=value["region"],
        pool=value["pool"],
        duration=hours * HOUR,
        most_fee=value["fee"],
        end=end,
    )


def _successor(value: Mapping[str, str]) -> Successor:
    try:
        end, start, until = (datetime.fromisoformat(value[name]) for name in ("end", "start", "until"))
    except ValueError as error:
        raise ClickError("its purchase is not understood") from error
    is_timed = all(each.tzinfo is not None for each in (end, start, until)) and start < until
    if _RESERVATION.fullmatch(value["buy_after"]) is None or not is_timed or not _FEE.fullmatch(value["fee"]):
        raise ClickError("its purchase is not understood")
    return Successor(
        reservation_id=value["buy_after"],
        region=value["region"],
        pool=value["pool"],
        end=end,
        start=start,
        until=until,
        most_fee=value["fee"],
    )
