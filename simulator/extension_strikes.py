"""Everything that a life of an extension is put through: each fault at each place, twins, stops."""

from collections.abc import Iterator
from dataclasses import replace

from simulator.extension_drill import Drill, played
from simulator.extension_tally import MACHINE
from simulator.faults import Strike
from simulator.spending_strikes import SEEDS, SLOW, Cast, Score

CAST = Cast(
    machines=(MACHINE,),
    functions=(
        "ChooseExtensionFunction",
        "AskForApprovalFunction",
        "DecidePurchaseFunction",
        "PurchaseExtensionFunction",
        "FollowExtensionFunction",
        "CloseRequestFunction",
    ),
    spender="PurchaseExtensionFunction",
)


def score(faults: tuple[Strike, ...] = ()) -> Score:
    with played(Drill(faults=faults)) as world:
        return CAST.score(world)


def drills() -> Iterator[tuple[str, Drill]]:
    """Yield every drill, each with what it is a case of."""
    plain = score()
    for case, faults in CAST.cases(plain, score):
        yield case, Drill(faults=faults)
    for stopped_at in plain.stops():
        yield "stopped, then redriven", Drill(stopped_at=stopped_at)
    yield from _at_once()


def _at_once() -> Iterator[tuple[str, Drill]]:
    """Yield what two people may start at the same time; how their calls take turns is drawn anew for each seed."""
    cases = {
        "the same wish made twice": Drill(wishes=(24, 24)),
        "two wishes for one block": Drill(wishes=(24, 48)),
    }
    for name, drill in cases.items():
        for seed in SEEDS:
            yield name, replace(drill, latency=SLOW, seed=seed)
