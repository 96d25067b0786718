"""Everything that a life of an extension is put through: each fault at each place, twins, stops."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from simulator.extension_drill import Drill, played
from simulator.extension_tally import MACHINE
from simulator.faults import Fault, Place, Strike
from simulator.purchase_strikes import LATE, MOMENT, SEEDS, SLOW, TWICE
from simulator.purchase_strikes import strikes as strikes_of

SPENDER = "PurchaseExtensionFunction"
FUNCTIONS = (
    "ChooseExtensionFunction",
    "AskForApprovalFunction",
    "DecidePurchaseFunction",
    SPENDER,
    "FollowExtensionFunction",
    "CloseRequestFunction",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a life without faults offers to be struck: its calls, the instants of its workflow's calls, its runs."""

    places: tuple[Place, ...]
    instants: tuple[datetime, ...]
    runs: tuple[str, ...]


def score(drill: Drill | None = None) -> Score:
    with played(drill or Drill()) as world:
        machine = world.physical_id(MACHINE).rpartition(":")[2]
        return Score(
            places=tuple(place for caller in (*FUNCTIONS, machine) for place in world.places(caller)),
            instants=tuple(sorted({call.at for call in world.calls.of(machine)})),
            runs=tuple(one.function.logical_id for one in world.functions.invocations),
        )


def strikes(place: Place) -> Iterator[Strike]:
    return strikes_of(place, functions=FUNCTIONS, spender=SPENDER)


def drills() -> Iterator[tuple[str, Drill]]:
    """Yield every drill, each with what it is a case of."""
    plain = score()
    for place in plain.places:
        for strike in strikes(place):
            yield strike.fault.value, Drill(faults=(strike,))
    yield from _again_and_again(plain)
    yield from _invoked_twice(plain)
    for instant in plain.instants:
        for stopped_at in (instant + MOMENT, instant + LATE):
            yield "stopped, then redriven", Drill(stopped_at=stopped_at)
    yield from _at_once()


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


def _at_once() -> Iterator[tuple[str, Drill]]:
    """Yield what two people may start at the same time; how their calls take turns is drawn anew for each seed."""
    cases = {
        "the same wish made twice": Drill(wishes=(24, 24)),
        "two wishes for one block": Drill(wishes=(24, 48)),
    }
    for name, drill in cases.items():
        for seed in SEEDS:
            yield name, replace(drill, latency=SLOW, seed=seed)
