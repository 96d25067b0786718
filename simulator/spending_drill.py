"""A short life of a workflow that spends, whichever it is: people who ask, answer and stop it, then who redrive it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from simulator.assumptions import Assumptions, Delay, minutes, seconds
from simulator.faults import Faults, Strike
from simulator.purchase_buyer import APPROVER
from simulator.sandbox import Sandboxes
from simulator.world import REMINDERS, World

BEGIN = datetime(2027, 3, 18, 9, tzinfo=UTC)
FINISH = BEGIN + timedelta(hours=12)
MINUTE = timedelta(minutes=1)
AFTERMATH = timedelta(minutes=4)  # of an event that says how a workflow ended, with Lambda's own two retries
AT_ONCE = seconds(0)
TRIES = 5  # of a person whose answer was answered with an error
_SANDBOXES = Sandboxes()


class Drill(Protocol):
    """What every life may be put through, whatever it buys."""

    @property
    def faults(self) -> tuple[Strike, ...]: ...
    @property
    def stopped_at(self) -> datetime | None: ...
    @property
    def latency(self) -> Delay: ...
    @property
    def seed(self) -> int: ...


class Tally(Protocol):
    """What was counted of a life, at one instant."""

    @property
    def is_settled(self) -> bool: ...
    @property
    def failed(self) -> tuple[str, ...]: ...
    def violations(self) -> Iterator[str]: ...
    def sold_too_much(self) -> Iterator[str]: ...


Counted = TypeVar("Counted", bound=Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Counted]):
    """What a life came to: as it ended, and as it stood after everything that had failed was redriven."""

    ended: Counted
    redriven: Counted | None
    struck: int
    lasts: bool = False  # what struck it struck for as long as it took to fail

    @property
    def last(self) -> Counted:
        return self.redriven or self.ended

    def violations(self) -> Iterator[str]:
        """Return what must never be, under any single fault."""
        yield from self.ended.sold_too_much() if self.lasts else self.ended.violations()
        if self.redriven is not None:
            yield from (f"redriven: {each}" for each in self.redriven.violations())


def account(drill: Drill) -> World:
    """Return the world that a drill is played in, from the instant `BEGIN`."""
    return World(
        parameters={"ObserveOnly": "false", "EnablePurchases": "true"},
        start=BEGIN,
        seed=drill.seed,
        assumptions=Assumptions(payment=minutes(6), api_call=drill.latency),
        faults=Faults(*drill.faults),
        sandboxes=_SANDBOXES,
        without=REMINDERS,
    )


class Life(Generic[Counted]):
    """One life under way, once its executions of `machine` are started, and the person who answers its questions."""

    def __init__(
        self,
        world: World,
        *,
        machine: str,
        question: str,
        tally: Callable[[World], Counted],
        on_answer: Callable[[str], None] = lambda _intent_id: None,
    ) -> None:
        self._world = world
        self._machine = world.physical_id(machine)
        self._question = question
        self._tally = tally
        self._on_answer = on_answer
        self._workflows = world.client("stepfunctions")
        self._answered: dict[str, int] = {}

    def played(self, stopped_at: datetime | None) -> Outcome[Counted]:
        if stopped_at is not None:
            self._world.clock.call_at(stopped_at, self._stop, "stop")
        self._run()
        ended, struck = self._tally(self._world), len(self._world.journal.of("fault"))
        lasts = self._is_struck_for_good()
        self._world.faults.strikes = ()
        if not ended.failed and ended.is_settled:
            return Outcome(ended=ended, redriven=None, struck=struck)
        for each in ended.failed:
            self._workflows.redrive_execution(executionArn=each)
        self._run()
        return Outcome(ended=ended, redriven=self._tally(self._world), struck=struck, lasts=lasts)

    def _run(self) -> None:
        """Let time pass until all is settled, and answer what is asked."""
        end = self._world.now + (FINISH - BEGIN)
        while self._world.now < end:
            self._world.run_for(MINUTE)
            for notice in self._world.notices:
                if notice.facts["kind"] == self._question:
                    self._answer(notice.facts["facts"])
            if not self._is_running() and (self._is_struck_for_good() or self._tally(self._world).is_settled):
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
        self._on_answer(intent)

    def _stop(self) -> None:
        arn = self._workflows.list_executions(stateMachineArn=self._machine)["executions"][-1]
        self._workflows.stop_execution(executionArn=arn["executionArn"], error="Stopped", cause="by a person")
