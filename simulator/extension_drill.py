"""A short life of one extension on the product's own template, to be struck by faults or to be stopped and redriven."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.assumptions import Delay
from simulator.extension_tally import MACHINE, Tally, tally
from simulator.faults import Strike
from simulator.purchase_buyer import POOL, REGION, furnish
from simulator.sample import scheduled_block
from simulator.spending_drill import AT_ONCE, Life, Outcome, account
from simulator.world import World

START = datetime(2027, 3, 19, 11, 30, tzinfo=UTC)
BLOCK = "cr-0123456789abcdef1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What one life is put through. `wishes`, in hours, are made at one instant, each by an execution of its own."""

    faults: tuple[Strike, ...] = ()
    wishes: tuple[int, ...] = (24,)
    stopped_at: datetime | None = None  # the first execution, by a person
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
    world.regions[REGION].engine.adopt(scheduled_block(BLOCK, 2, START, tags={"capacity-blocks:pool": POOL}))
    arn = world.physical_id(MACHINE)
    for number, hours in enumerate(drill.wishes):
        wish = {"extend": {"reservation_id": BLOCK, "region": REGION, "hours": hours, "why": "a drill"}}
        world.client("stepfunctions").start_execution(stateMachineArn=arn, name=f"run-{number}", input=json.dumps(wish))
    return Life(world, machine=MACHINE, question="extension-asked", tally=tally).played(drill.stopped_at)
