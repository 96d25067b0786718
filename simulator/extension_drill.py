"""A short life of one extension on the product's own template, to be struck by faults or to be stopped and redriven."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.assumptions import Assumptions, Delay, minutes, seconds
from simulator.extension_tally import MACHINE, Tally, tally
from simulator.faults import Faults, Strike
from simulator.purchase_buyer import APPROVER, POOL, REGION, furnish
from simulator.sample import scheduled_block
from simulator.sandbox import Sandboxes
from simulator.world import REMINDERS, World

BEGIN = datetime(2027, 3, 18, 9, tzinfo=UTC)
FINISH = BEGIN + timedelta(hours=12)
START = datetime(2027, 3, 19, 11, 30, tzinfo=UTC)
BLOCK = "cr-0123456789abcdef1"
MINUTE = timedelta(minutes=1)
AFTERMATH = timedelta(minutes=4)  # of an event that says how a workflow ended, with Lambda's own two retries
AT_ONCE = seconds(0)
TRIES = 5  # of a person whose answer was answered with an error
_SANDBOXES = Sandboxes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What one life is put through. `wishes`, in hours, are made at one instant, each by an execution of its own."""

    faults: tuple[Strike, ...] = ()
    wishes: tuple[int, ...] = (24,)
    stopped_at: datetime | None = None  # the first execution, by a person
    latency: Delay = AT_ONCE
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a life came to: as it ended, and as it stood after everything that had failed was redriven."""

    ended: Tally
    redriven: Tally | None
    struck: int
    lasts: bool = False  # what struck it struck for as long as it took to fail

    @property
    def last(self) -> Tally:
        return self.redriven or self.ended

    def violations(self) -> Iterator[str]:
        """Return what must never be, under any single fault."""
        yield from self.ended.sold_too_much() if self.lasts else self.ended.violations()
        if self.redriven is not None:
            yield from (f"redriven: {each}" for each in self.redriven.violations())


def life(drill: Drill) -> Outcome:
    with _world(drill) as world:
        return _Life(world, drill).played()


@contextmanager
def played(drill: Drill) -> Iterator[World]:
    """Play a life, and give the world that it was played in to whoever wants to know more than its outcome."""
    with _world(drill) as world:
        _Life(world, drill).played()
        yield world


def _world(drill: Drill) -> World:
    return World(
        parameters={"ObserveOnly": "false", "EnablePurchases": "true"},
        start=BEGIN,
        seed=drill.seed,
        assumptions=Assumptions(payment=minutes(6), api_call=drill.latency),
        faults=Faults(*drill.faults),
        sandboxes=_SANDBOXES,
        without=REMINDERS,
    )


class _Life:
    """One life under way: the account as its owner has it, and the person who answers its questions."""

    def __init__(self, world: World, drill: Drill) -> None:
        self._world = world
        self._drill = drill
        self._workflows = world.client("stepfunctions")
        self._answered: dict[str, int] = {}

    def played(self) -> Outcome:
        furnish(self._world)
        self._world.regions[REGION].engine.adopt(scheduled_block(BLOCK, 2, START, tags={"capacity-blocks:pool": POOL}))
        for number, hours in enumerate(self._drill.wishes):
            wish = {"extend": {"reservation_id": BLOCK, "region": REGION, "hours": hours, "why": "a drill"}}
            self._workflows.start_execution(
                stateMachineArn=self._world.physical_id(MACHINE), name=f"run-{number}", input=json.dumps(wish)
            )
        if self._drill.stopped_at is not None:
            self._world.clock.call_at(self._drill.stopped_at, self._stop, "stop")
        self._run()
        ended, struck, lasts = tally(self._world), len(self._world.journal.of("fault")), self._is_struck_for_good()
        self._world.faults.strikes = ()
        failed = [arn for arn, (status, _) in ended.executions.items() if status != "SUCCEEDED"]
        if not failed and ended.is_settled:
            return Outcome(ended=ended, redriven=None, struck=struck)
        for each in failed:
            self._workflows.redrive_execution(executionArn=each)
        self._run()
        return Outcome(ended=ended, redriven=tally(self._world), struck=struck, lasts=lasts)

    def _run(self) -> None:
        """Let time pass until all is settled, and answer what is asked."""
        end = self._world.now + (FINISH - BEGIN)
        while self._world.now < end:
            self._world.run_for(MINUTE)
            for notice in self._world.notices:
                if notice.facts["kind"] == "extension-asked":
                    self._answer(notice.facts["facts"])
            if not self._is_running() and (self._is_struck_for_good() or tally(self._world).is_settled):
                break
        self._world.run_for(AFTERMATH)

    def _is_struck_for_good(self) -> bool:
        return any(strike.nth is None for strike in self._world.faults.strikes)

    def _is_running(self) -> bool:
        began = [fact.text in {"started", "redriven"} for fact in self._world.journal.of("workflow")]
        return began.count(True) > began.count(False)

    def _answer(self, facts: dict[str, str]) -> None:
        """Approve, once a minute until the door says that it is heard."""
        intent, tries = facts["Intent"], self._answered.get(facts["Intent"], 0)
        if tries >= TRIES:
            return
        body = {"intent_id": intent, "terms": facts["Terms"], "decision": "approve"}
        is_heard = self._world.call_url("DecidePurchaseFunction", body, caller_arn=APPROVER).status == 200
        self._answered[intent] = TRIES if is_heard else tries + 1

    def _stop(self) -> None:
        arn = self._workflows.list_executions(stateMachineArn=self._world.physical_id(MACHINE))["executions"][-1]
        self._workflows.stop_execution(executionArn=arn["executionArn"], error="Stopped", cause="by a person")
