"""A purchase request: what somebody wants, within which terms. The workflow's input, read as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase.duration import DAY, MOST_DAYS_BY_DAY
from capacity_blocks.core.purchase.reading import read_fields, shown
from capacity_blocks.core.purchase.request_field import FIELDS


class PurchaseRequestError(ValueError):
    """A request is malformed; the message names each field, its value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """Types in the order of preference, and how many instances of one of them."""

    types: tuple[str, ...]
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UltraServers:
    type: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRequest:
    """What may be bought. Nothing outside of it ever is; within it, the pool's settings and people decide."""

    request_id: str
    pool: str
    wanted: Instances | UltraServers
    durations: tuple[timedelta, ...]  # legal ones, to search for; EC2 answers with other hours too
    least_duration: timedelta
    most_duration: timedelta
    earliest_start: datetime | None = None  # None: as soon as can be
    latest_end: datetime
    regions: tuple[str, ...] = ()  # (): all in which targets of the pool have subnets
    zones: tuple[str, ...] = ()  # names or ids; () as above
    most_upfront_fee: Decimal
    most_per_gpu_hour: Decimal | None = None
    platform: str = "Linux/UNIX"
    tags: tuple[tuple[str, str], ...] = ()
    may_overlap: bool = False
    several_segments: bool = False
    automatic: bool = False  # nobody asked for it: see core/renewal
    look_until: datetime | None = None  # None: search once
    time_zone: str = "UTC"  # of the people who read the answer
    dry_run: bool = False
    notes: tuple[str, ...] = ()  # what was changed to make the request legal


def parse(document: object) -> PurchaseRequest:
    """Read a request as a whole: all of it holds, or PurchaseRequestError names everything that does not."""
    if not isinstance(document, Mapping):
        raise PurchaseRequestError(f"the request is {shown(document)}; allowed: a JSON object")
    values, mistakes = read_fields(document, FIELDS)
    mistakes += tuple(_conflicts(document, values, broken=bool(mistakes)))
    if mistakes:
        raise PurchaseRequestError("; ".join(mistakes))
    types, count = values.pop("types", None), values.pop("count", None)
    ultraserver_type, ultraservers = values.pop("ultraserver_type", None), values.pop("ultraserver_count", None)
    durations, notes = _legal(values.pop("days"))
    wanted: Instances | UltraServers = (
        Instances(types=types, least=count[0], most=count[1])
        if types is not None
        else UltraServers(type=ultraserver_type, count=ultraservers)
    )
    values = {"least_duration": min(durations), "most_duration": max(durations)} | values
    return PurchaseRequest(wanted=wanted, durations=durations, notes=notes, **values)


def _legal(days: tuple[int, ...]) -> tuple[tuple[timedelta, ...], tuple[str, ...]]:
    """Make durations ones that EC2 sells: whole days to 14, then whole weeks, the next longer one."""
    legal = {asked: asked if asked <= MOST_DAYS_BY_DAY else -(-asked // 7) * 7 for asked in days}
    notes = (
        f"duration_days {asked} is searched for as {sold}: past {MOST_DAYS_BY_DAY} days EC2 sells whole weeks"
        for asked, sold in legal.items()
        if asked != sold
    )
    return tuple(dict.fromkeys(sold * DAY for sold in legal.values())), tuple(notes)


def _conflicts(document: Mapping[str, Any], values: Mapping[str, Any], *, broken: bool) -> Iterator[str]:
    """Find fields that do not go together; instants are compared only once each of them could be read."""
    given = {name for name, value in document.items() if value is not None}
    for one, count in (("instance_types", "instance_count"), ("ultraserver_type", "ultraserver_count")):
        if (one in given) != (count in given):
            there, lacking = (one, count) if one in given else (count, one)
            yield f"{lacking} is missing; allowed: {there} and {lacking} together"
    if len({"instance_types", "ultraserver_type"} & given) != 1:
        yield "exactly one of instance_types and ultraserver_type is wanted"
    if broken:
        return
    durations, _ = _legal(values["days"])
    least, most = values.get("least_duration", min(durations)), values.get("most_duration", max(durations))
    if least > most:
        yield f"least_hours is {least / (DAY / 24):.0f}; allowed: at most most_hours, which is {most / (DAY / 24):.0f}"
    earliest = values.get("earliest_start")
    if earliest is not None and values["latest_end"] - earliest < least:
        yield (
            f"latest_end is {shown(document['latest_end'])}; allowed: at least {least / (DAY / 24):.0f} hours "
            "(least_hours, or the shortest of duration_days) after earliest_start"
        )
