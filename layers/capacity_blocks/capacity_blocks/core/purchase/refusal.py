"""Why an offering is not what was asked for: every rule that it breaks, in words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.deadline import last_purchase_at
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering, Unit
from capacity_blocks.core.purchase.place import Place, found
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest, UltraServers
from capacity_blocks.core.words import hours, when


class Rule(StrEnum):
    UNCLEAR = "unclear offering"
    FEE_UNKNOWN = "fee unknown"
    CURRENCY = "currency"
    TOTAL_CAP = "most upfront fee"
    HOUR_CAP = "most per GPU-hour"
    TOO_EARLY = "too early"
    TOO_LATE = "too late"
    TOO_SOON = "too soon to be paid"
    TOO_FEW_HOURS = "too few hours"
    TOO_MANY_HOURS = "too many hours"
    TYPE = "type"
    COUNT = "count"
    ZONE = "zone"
    SUBNET = "no subnet"
    TENANCY = "tenancy"
    SEGMENTS = "several segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    rule: Rule
    reason: str


def refusals(
    now: datetime,
    request: PurchaseRequest,
    offering: Offering,
    places: Sequence[Place] | None,
    settings: MoneySettings | None = None,
) -> tuple[Refusal, ...]:
    """Return every reason not to buy `offering` for `request`; empty when there is none.

    `places` are the zones of the pool's subnets; None, when they could not be read, refuses. `settings` add the
    pool's own caps: a search by somebody who may not read them goes without, a purchase never does.
    """
    caps = ((request.most_upfront_fee, "the request's"),), ((request.most_per_gpu_hour, "the request's"),)
    return tuple(
        Refusal(rule=rule, reason=reason)
        for rule, reason in (
            *unsound(offering),
            *over_caps(offering, settings, *caps),
            *_outside(now, request, offering),
            *_other_hardware(request, offering),
            *_misplaced(request, offering, places),
        )
    )


Found = Iterator[tuple[Rule, str]]


def unsound(offering: Offering) -> Found:
    """Yield what speaks against any offering, whatever was asked for."""
    if offering.is_contradictory:
        yield Rule.UNCLEAR, "EC2 describes it in two ways, or with an end that is not after its start"
    if not offering.upfront_fee:
        yield Rule.FEE_UNKNOWN, "EC2 named no fee that is an amount above 0"
    if others := sorted(str(c) for c in offering.currencies - {money.CURRENCY}):
        yield Rule.CURRENCY, f"its fee is in {', '.join(others)}, and caps are in {money.CURRENCY}"
    if offering.tenancy != "default":
        yield Rule.TENANCY, f"its tenancy is {offering.tenancy}; Capacity Blocks are used with default tenancy"


def over_caps(
    offering: Offering,
    settings: MoneySettings | None,
    caps: Iterable[tuple[Decimal | None, str]],
    hour_caps: Iterable[tuple[Decimal | None, str]] = (),
) -> Found:
    """Yield each cap that a fee is over, of those given (each with whose it is) and of the pool's settings."""
    for cap, whose in caps:
        yield from _over_cap(offering, cap, whose)
    for cap, whose in hour_caps:
        yield from _over_hour_cap(offering, cap, whose)
    if settings is not None:
        yield from _over_cap(offering, settings.most_per_purchase, "the pool's")
        yield from _over_hour_cap(offering, settings.most_per_gpu_hour, "the pool's")


def _over_cap(offering: Offering, cap: Decimal | None, whose: str) -> Found:
    fee = offering.upfront_fee
    if fee is not None and cap is not None and fee > cap:
        yield Rule.TOTAL_CAP, f"its fee of {money.shown(fee, offering.currency)} is over {whose} {money.shown(cap)}"


def _over_hour_cap(offering: Offering, cap: Decimal | None, whose: str) -> Found:
    if cap is None or offering.upfront_fee is None or not offering.costs_more_an_hour_than(cap):
        return
    rate = offering.fee_per_unit_hour
    if rate is None:
        yield Rule.HOUR_CAP, f"none of it can be used, so {whose} cap per GPU-hour cannot hold"
        return
    price = f"{money.shown(rate, offering.currency)} per {offering.unit.value}"
    unknown = "" if offering.unit is Unit.ACCELERATOR else " (how many GPUs it has is not known here)"
    yield Rule.HOUR_CAP, f"its {price}{unknown} is over {whose} {money.shown(cap)} per usable GPU-hour"


def _outside(now: datetime, request: PurchaseRequest, offering: Offering) -> Found:
    if request.earliest_start is not None and offering.start < request.earliest_start:
        yield Rule.TOO_EARLY, f"it starts at {when(offering.start)}, before {when(request.earliest_start)}"
    if offering.end > request.latest_end:
        yield Rule.TOO_LATE, f"it ends at {when(offering.end)}, after {when(request.latest_end)}"
    if now > last_purchase_at(offering):
        yield Rule.TOO_SOON, f"it starts at {when(offering.start)}, too soon for its payment to settle before"
    held = offering.duration
    if held < request.least_duration:
        few, least = hours(held), hours(request.least_duration)
        yield Rule.TOO_FEW_HOURS, f"it has {few} hours and the least is {least}; least_hours allows fewer"
    if held > request.most_duration:
        many, most = hours(held), hours(request.most_duration)
        yield Rule.TOO_MANY_HOURS, f"it has {many} hours and the most is {most}; most_hours allows more"


def _other_hardware(request: PurchaseRequest, offering: Offering) -> Found:
    match request.wanted:
        case Instances(types=types, least=least, most=most):
            if other := sorted({f.instance_type for f in offering.faces} - set(types)):
                yield Rule.TYPE, f"it holds {', '.join(other)} and not {' or '.join(types)}"
            if offering.ultraserver_type is not None:
                yield Rule.TYPE, f"it is made of UltraServers ({offering.ultraserver_type}), and instances are wanted"
            counts = offering.counts | (set() if offering.has_several_segments else {offering.whole.instance_count})
            if not counts or min(counts) < least or max(counts) > most:
                wanted = str(least) if least == most else f"{least} to {most}"
                yield Rule.COUNT, f"it holds {_numbers(counts)} instances and {wanted} are wanted"
        case UltraServers(type=wanted_type, count=count):
            if offering.ultraserver_type != wanted_type:
                there = offering.ultraserver_type or "instances"
                yield Rule.TYPE, f"it is made of {there} and not of UltraServers {wanted_type}"
            if offering.ultraserver_count != count:
                yield Rule.COUNT, f"it holds {offering.ultraserver_count or 0} UltraServers and {count} are wanted"
        case _:
            assert_never(request.wanted)
    if offering.has_several_segments and not request.several_segments:
        pieces = len(offering.segments)
        yield Rule.SEGMENTS, f"it comes in {pieces} segments, each a reservation of its own; several_segments allows it"


def _misplaced(request: PurchaseRequest, offering: Offering, places: Sequence[Place] | None) -> Found:
    if request.regions and offering.region not in request.regions:
        yield Rule.ZONE, f"it is in {offering.region} and not in {' or '.join(request.regions)}"
    for place in dict.fromkeys(face.place(offering.region) for face in offering.faces):
        known = found(place, places or ())
        if places is None:
            yield Rule.SUBNET, f"whether the pool has a subnet in {place.availability_zone} could not be found out"
        elif known is None:
            yield Rule.SUBNET, f"no target of the pool has a subnet in {place.availability_zone}"
        names = {place, known or place}
        if request.zones and not any(each.is_called(name) for each in names for name in request.zones):
            yield Rule.ZONE, f"it is in {place.availability_zone} and not in {' or '.join(request.zones)}"


def _numbers(counts: Sequence[int] | set[int] | frozenset[int]) -> str:
    return " and ".join(str(count) for count in sorted(counts)) or "no"
