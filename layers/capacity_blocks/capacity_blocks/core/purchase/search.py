"""Which offerings to ask for next, and when: a plan that spends few calls, made anew from the answers so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from capacity_blocks.core.purchase import pace
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.query import Answer, LeftOut, Outcome, Query, Subject
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest
from capacity_blocks.core.words import hours, when

FURTHEST_START = timedelta(weeks=8)  # "Amazon EC2 Capacity Blocks for ML": up to 8 weeks in advance
MOST_CALLS = 40  # for each region and search: 8 at once and 32 more take under four minutes
MOST_TRIES = 3  # of a query that is throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A query, and the earliest instant at which the bucket of its region allows it."""

    query: Query
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """What to ask next, in this order, regions side by side. Without calls the search is complete."""

    calls: tuple[Call, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def regions(request: PurchaseRequest, places: Sequence[Place]) -> tuple[str, ...]:
    """Return where to search: where the request says, else wherever the pool has a subnet."""
    return request.regions or tuple(sorted({place.region for place in places}))


def plan(
    now: datetime, request: PurchaseRequest, in_regions: Sequence[str], answers: Sequence[Answer], until: datetime
) -> SearchPlan:
    """Return the calls worth making after `answers`, none of them at or after `until`.

    Asks for the most instances first, and for fewer only where those are sold out; what EC2 says it does not offer in a
    region is not asked for there again.
    """
    calls: list[Call] = []
    left_out: list[LeftOut] = []
    for region in dict.fromkeys(in_regions):
        there = [each for each in answers if each.query.subject.region == region]
        wanted, unfit = _queries(now, request, region, there)
        asked = [each.at for each in there]
        throttled = [each.at for each in there if each.outcome is Outcome.THROTTLED]
        allowed = max(0, MOST_CALLS - len(there))
        instants = pace.instants(now, asked, min(allowed, len(wanted)), throttled)
        in_time = [Call(query=q, at=at) for q, at in zip(wanted, instants, strict=False) if at < until]
        calls += in_time
        left_out += unfit
        left_out += (
            LeftOut(subject=query.subject, reason=f"the search had time for {len(there) + len(in_time)} calls there")
            for query in wanted[len(in_time) :]
        )
    return SearchPlan(calls=tuple(sorted(calls, key=lambda call: call.at)), left_out=tuple(left_out))


def search_again_at(now: datetime, request: PurchaseRequest, answers: Sequence[Answer]) -> datetime | None:
    """Return when to look again for a request that is not filled; None once it is over or was to be searched once."""
    per_region = [sum(a.query.subject.region == region for a in answers) for region in {_region(a) for a in answers}]
    again = pace.look_again_at(now, max(per_region, default=0))
    if request.look_until is None or again >= min(request.look_until, request.latest_end - request.least_duration):
        return None
    return again


def _queries(
    now: datetime, request: PurchaseRequest, region: str, answers: Sequence[Answer]
) -> tuple[list[Query], list[LeftOut]]:
    """Return what is still worth asking in a region, and what cannot be on sale at all."""
    earliest = max(now, request.earliest_start or now)
    wanted: list[Query] = []
    unfit: list[LeftOut] = []
    for subject in _subjects(request, region, answers):
        reason = None
        if earliest > now + FURTHEST_START:
            reason = f"EC2 sells starts up to 8 weeks ahead: {when(earliest)} from {when(earliest - FURTHEST_START)} on"
        elif earliest + min(subject.duration, request.least_duration) > request.latest_end:
            reason = f"{hours(subject.duration)} hours from {when(earliest)} end after {when(request.latest_end)}"
        if reason is not None:
            unfit.append(LeftOut(subject=subject, reason=reason))
        elif (count := _count(request, _known(subject, answers))) is not None:
            # A start in the past is one that EC2 would refuse: then it is left out.
            not_before = request.earliest_start if earliest > now else None
            wanted.append(Query(subject=subject, count=count, not_before=not_before, not_after=request.latest_end))
    return wanted, unfit


def _subjects(request: PurchaseRequest, region: str, answers: Sequence[Answer]) -> Iterator[Subject]:
    """Yield what to search for, preferred types first; combinations last, and only where no single type is on sale."""
    if not isinstance(request.wanted, Instances):
        for duration in request.durations:
            yield Subject(region=region, types=(request.wanted.type,), duration=duration, is_ultraserver=True)
        return
    refused = {each.query.subject.types for each in answers if each.outcome is Outcome.NOT_OFFERED}
    types = [each for each in request.wanted.types if (each,) not in refused]
    for instance_type in types:
        for duration in request.durations:
            yield Subject(region=region, types=(instance_type,), duration=duration)
    if request.several_segments and types:
        for duration in request.durations:
            singles = [Subject(region=region, types=(each,), duration=duration) for each in types]
            if all(_is_sold_out(request, each, answers) for each in singles):
                yield Subject(region=region, types=tuple(types), duration=duration, by_preference=True)


def _is_sold_out(request: PurchaseRequest, subject: Subject, answers: Sequence[Answer]) -> bool:
    known = _known(subject, answers)
    return _count(request, known) is None and Outcome.ON_SALE not in known.values()


def _known(subject: Subject, answers: Sequence[Answer]) -> Mapping[int, Outcome]:
    """Return what is known of each count. A throttle tells nothing, until it came too often."""
    known: dict[int, Outcome] = {}
    throttles: dict[int, int] = {}
    for answer in answers:
        if answer.query.subject != subject:
            continue
        if answer.outcome is not Outcome.THROTTLED:
            known[answer.query.count] = answer.outcome
            continue
        throttles[answer.query.count] = throttles.get(answer.query.count, 0) + 1
        if throttles[answer.query.count] >= MOST_TRIES:
            known.setdefault(answer.query.count, Outcome.THROTTLED)
    return known


def _count(request: PurchaseRequest, known: Mapping[int, Outcome]) -> int | None:
    """Return how many to ask for next: the most, the least, then halfway between what there is and what is sold out.

    Assumed: where there are some, there are fewer too.
    """
    if not isinstance(request.wanted, Instances):
        return None if request.wanted.count in known else request.wanted.count
    least, most = request.wanted.least, request.wanted.most
    if most not in known:
        return most
    if known[most] is not Outcome.SOLD_OUT or least == most:
        return None
    if least not in known:
        return least
    on_sale = max((count for count, outcome in known.items() if outcome is Outcome.ON_SALE), default=None)
    if on_sale is None:
        return None
    too_many = min(count for count, outcome in known.items() if count > on_sale and outcome is Outcome.SOLD_OUT)
    halfway = (on_sale + too_many) // 2
    return None if halfway in known else halfway


def _region(answer: Answer) -> str:
    return answer.query.subject.region
