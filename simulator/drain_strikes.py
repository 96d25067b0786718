"""Everything that a drain is put through: each fault at each call of AWS and Kubernetes, twins, events, absences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from simulator.drain_drill import ARMED_AT, DRAIN_AT, FUNCTION, Drill, played
from simulator.faults import Fault, Place, Strike, places

DRAIN, RECONCILE = FUNCTION, "ReconcileFunction"
EVENT = "EC2 Instance-terminate Lifecycle Action"
RETRIED = 3  # attempts of the SDK: so often in a row it takes to get past it
FROZEN = timedelta(seconds=90)  # longer than the lease on a drain: another run takes over, and this one wakes up
AWAY = timedelta(minutes=2)
ABSENT = ("autoscaling", "dynamodb", "ec2", "eks", "kubernetes", "lambda", "sns", "ssm")
# From before the drain on; while it begins; while pods stop; while instances are let go.
SINCE = tuple(DRAIN_AT + timedelta(seconds=after) for after in (-5, 2, 15, 40))
READ = {Fault.THROTTLE: RETRIED, Fault.NOT_SENT: RETRIED, Fault.CRASH_AFTER: 1, Fault.STALL: 1}
CHANGED = {
    Fault.THROTTLE: RETRIED,
    Fault.NOT_SENT: RETRIED,
    Fault.SERVER_ERROR_BEFORE: RETRIED,
    Fault.REPLY_LOST: RETRIED,
    Fault.CRASH_BEFORE: 1,
    Fault.CRASH_AFTER: 1,
    Fault.STALL: 1,
}
ONCE = {Fault.REPLY_LOST: 1}  # the SDK then sends again what AWS has done already
UNREAD = {Fault.THROTTLE: RETRIED}  # a sweep only reads again what the one before it has read: one fault stands for all


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a drain without faults offers to be struck: calls, and how often each function ran."""

    drain: tuple[Place, ...]
    kubernetes: tuple[Place, ...]
    reconcile: tuple[Place, ...]
    runs: tuple[str, ...]


def score() -> Score:
    with played(Drill()) as over:
        asked = [call for call in over.world.calls.log if call.at >= ARMED_AT]
        runs = [one for one in over.world.functions.invocations if one.started and one.started >= ARMED_AT]
        return Score(
            drain=places([(each.name, each.mutating) for each in asked if each.caller == DRAIN], DRAIN),
            kubernetes=places([(each.name, each.mutating) for each in over.wire.log], DRAIN),
            reconcile=places([(each.name, each.mutating) for each in asked if each.caller == RECONCILE], RECONCILE),
            runs=tuple(one.function.logical_id for one in runs),
        )


def drills() -> Iterator[tuple[str, Drill]]:
    """Yield every drill, each with what it is a case of."""
    plain = score()
    for place in plain.drain:
        for strike in (*strikes(place), *_with(place, ONCE if place.mutating else {})):
            yield f"the drain's calls of AWS: {strike.fault}", Drill(faults=(strike,))
    for place in plain.kubernetes:
        for strike in strikes(place):
            yield f"the drain's calls of Kubernetes: {strike.fault}", Drill(faults=(strike,))
    for place in plain.reconcile:
        for strike in strikes(place) if place.mutating else _with(place, UNREAD):
            yield f"the sweep's calls of AWS: {strike.fault}", Drill(faults=(strike,))
    yield from _invoked_twice(plain)
    yield from _events(plain.runs.count(DRAIN))
    yield from absences()


def strikes(place: Place) -> Iterator[Strike]:
    yield from _with(place, CHANGED if place.mutating else READ)


def absences() -> Iterator[tuple[str, Drill]]:
    """Yield each API away from everybody for two minutes, from each of some instants on; and nothing scheduled."""
    for since in SINCE:
        for service in ABSENT:
            gone = Strike(fault=Fault.SERVER_ERROR_BEFORE, at=f"{service}.*", nth=None, times=RETRIED)
            yield f"away for two minutes: {service}", Drill(faults=(gone,), since=since, until=since + AWAY)
    lost = Strike(fault=Fault.SCHEDULE_LOST, nth=None)
    yield "no schedule fires for three minutes", Drill(faults=(lost,), until=ARMED_AT + timedelta(minutes=3))


def _with(place: Place, faults: dict[Fault, int]) -> Iterator[Strike]:
    for fault, times in faults.items():
        yield place.strike(fault, times, lasts=FROZEN if fault is Fault.STALL else None)


def _invoked_twice(plain: Score) -> Iterator[tuple[str, Drill]]:
    for function in (DRAIN, RECONCILE):
        for nth in range(1, plain.runs.count(function) + 1):
            for fault in (Fault.INVOKED_TWICE_AT_ONCE, Fault.INVOKED_TWICE_IN_A_ROW):
                yield fault.value, Drill(faults=(Strike(fault=fault, at=function, nth=nth),))


def _events(count: int) -> Iterator[tuple[str, Drill]]:
    for fault in (Fault.EVENT_LOST, Fault.EVENT_DUPLICATED, Fault.EVENT_LATE, Fault.EVENT_REORDERED):
        for nth in (*range(1, count + 1), None):
            yield fault.value, Drill(faults=(Strike(fault=fault, at=EVENT, nth=nth),))
