"""Everything that a life of a purchase is put through: each fault at each place, twins, stops."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulator.assumptions import seconds
from simulator.faults import Fault, Place, Strike
from simulator.purchase_drill import PURCHASE, WORKFLOW, Drill, played

SPENDER = "PurchaseBlockFunction"
FUNCTIONS = (
    "OpenRequestFunction",
    "SearchOfferingsFunction",
    "ChooseOfferingFunction",
    "AskForApprovalFunction",
    "DecidePurchaseFunction",
    SPENDER,
    "FollowPurchaseFunction",
    "CloseRequestFunction",
)
RETRIED = 3  # attempts of the SDK: so often in a row it takes to get past it
# Within the patience of every client; beyond it; beyond the time-out of every function and task.
LATE, TOO_LATE, HUNG = timedelta(seconds=8), timedelta(seconds=90), timedelta(seconds=400)
SLOW = seconds(0.02, 0.4)  # calls, so that two at once take turns
SEEDS = range(12)
TWICE = (Fault.INVOKED_TWICE_AT_ONCE, Fault.INVOKED_TWICE_IN_A_ROW)
MOMENT = timedelta(milliseconds=300)  # after a call of a workflow: while what it called is at work


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a life without faults offers to be struck: its calls, the instants of its workflows' calls, its runs."""

    places: tuple[Place, ...]
    instants: tuple[datetime, ...]
    runs: tuple[str, ...]


def score(drill: Drill | None = None) -> Score:
    with played(drill or Drill()) as world:
        machines = [world.physical_id(each).rpartition(":")[2] for each in (WORKFLOW, PURCHASE)]
        return Score(
            places=tuple(place for caller in (*FUNCTIONS, *machines) for place in world.places(caller)),
            instants=tuple(sorted({call.at for each in machines for call in world.calls.of(each)})),
            runs=tuple(one.function.logical_id for one in world.functions.invocations),
        )


def drills() -> Iterator[tuple[str, Drill]]:
    """Yield every drill, each with what it is a case of."""
    plain = score()
    for place in plain.places:
        for strike in strikes(place):
            yield strike.fault.value, Drill(faults=(strike,))
    yield from _again_and_again(plain)
    yield from _invoked_twice(plain)
    yield from _stopped(plain)
    yield from _at_once()


def strikes(place: Place, *, functions: Collection[str] = FUNCTIONS, spender: str = SPENDER) -> Iterator[Strike]:
    """Yield every fault at one call; of those that no other function's mere read could tell apart, one stands for all.

    What a workflow calls cannot crash, and takes as long as a task may.
    """
    is_ours = place.caller in functions
    if is_ours:
        yield place.strike(Fault.CRASH_BEFORE)
    yield place.strike(Fault.THROTTLE, RETRIED)
    yield place.strike(Fault.STALL, lasts=HUNG)
    if not place.mutating and not place.operation.startswith("dynamodb."):  # the ledger is read consistently
        yield place.strike(Fault.STALE_READ)
    if not place.mutating and place.caller != spender:
        return
    for fault in (Fault.NOT_SENT, Fault.SERVER_ERROR_BEFORE):
        yield place.strike(fault, RETRIED)
    yield place.strike(Fault.DENIED)
    yield place.strike(Fault.STALL, lasts=TOO_LATE)
    yield place.strike(Fault.REPLY_LATE, lasts=LATE)
    yield place.strike(Fault.REPLY_LATE, lasts=TOO_LATE if is_ours else HUNG)
    if place.mutating and is_ours:
        yield place.strike(Fault.CRASH_AFTER)
    for fault in (Fault.SERVER_ERROR_AFTER, Fault.REPLY_LOST) if place.mutating else ():
        yield place.strike(fault)
        yield place.strike(fault, RETRIED)


def _again_and_again(plain: Score) -> Iterator[tuple[str, Drill]]:
    """Yield an operation that fails whenever a function calls it, until its executions have failed and are redriven."""
    for caller, operation in sorted({(each.caller, each.operation) for each in plain.places}):
        for fault in (Fault.DENIED, Fault.CRASH_BEFORE) if caller in FUNCTIONS else (Fault.DENIED,):
            strike = Strike(fault=fault, at=operation, caller=caller, nth=None)
            yield f"always {fault.value}, then redriven", Drill(faults=(strike,))


def _invoked_twice(plain: Score) -> Iterator[tuple[str, Drill]]:
    for function in FUNCTIONS:
        for nth in range(1, plain.runs.count(function) + 1):
            for fault in TWICE:
                yield fault.value, Drill(faults=(Strike(fault=fault, at=function, nth=nth),))
    twice = Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=SPENDER)
    for place in score(Drill(faults=(twice,))).places:
        if place.caller == SPENDER:
            held = place.strike(Fault.STALL, lasts=LATE)
            yield "bought twice at once, one held up at a call", Drill(faults=(twice, held))


def _stopped(plain: Score) -> Iterator[tuple[str, Drill]]:
    for instant in plain.instants:
        for stopped_at in (instant + MOMENT, instant + LATE):
            yield "stopped, then redriven", Drill(stopped_at=stopped_at)


def _at_once() -> Iterator[tuple[str, Drill]]:
    """Yield what two people may start at the same time; how their calls take turns is drawn anew for each seed."""
    cases = {
        "the same request started twice": Drill(requests=("drill", "drill")),
        "two requests for one need": Drill(requests=("drill", "other")),
        "the intent's workflow started by hand as well": Drill(children=2),
    }
    for name, drill in cases.items():
        for seed in SEEDS:
            yield name, replace(drill, latency=SLOW, seed=seed)
