"""A short life of one purchase on the product's own template, to be struck by faults or to be stopped and redriven."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from simulator.assumptions import Delay
from simulator.faults import Strike
from simulator.purchase_buyer import REQUEST, furnish
from simulator.purchase_tally import Tally, tally
from simulator.spending_drill import AT_ONCE, Life, Outcome, account
from simulator.world import World

WORKFLOW, PURCHASE = "PurchaseStateMachine", "PurchaseIntentStateMachine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What one life is put through. `requests` start at the same instant, each under a name of its own."""

    faults: tuple[Strike, ...] = ()
    requests: tuple[str, ...] = ("drill",)
    stopped_at: datetime | None = None  # the first execution, by a person
    children: int = 0  # executions that a person starts by hand for the intent, beside the workflow's own
    latency: Delay = AT_ONCE
    seed: int = 0


def life(drill: Drill) -> Outcome[Tally]:
    with account(drill) as world:
        return _play(world, drill)


@contextmanager
def played(drill: Drill) -> Iterator[World]:
    """Play a life, and give the world that it was played in to whoever wants to know more than its outcome."""
    with account(drill) as world:
        _play(world, drill)
        yield world


def _play(world: World, drill: Drill) -> Outcome[Tally]:
    furnish(world)
    arn = world.physical_id(WORKFLOW)
    for number, request_id in enumerate(drill.requests):
        text = json.dumps(REQUEST | {"request_id": request_id})
        world.client("stepfunctions").start_execution(stateMachineArn=arn, name=f"run-{number}", input=text)
    by_hand = _starter(world, drill.children)
    begun = Life(world, machine=WORKFLOW, question="purchase-asked", tally=tally, on_answer=by_hand)
    return begun.played(drill.stopped_at)


def _starter(world: World, children: int) -> Callable[[str], None]:
    """Return what starts the children of the first intent that is answered, once."""
    numbers = iter(range(1, children + 1))

    def start(intent_id: str) -> None:
        named = {"request_id": "drill", "number": 1, "intent_id": intent_id}
        for number in numbers:
            world.client("stepfunctions").start_execution(
                stateMachineArn=world.physical_id(PURCHASE),
                name=f"by-hand-{number}",
                input=json.dumps({"request": REQUEST, "intent": named}),
            )

    return start
