"""What the state machines do, state by state: wait, repeat and branch, with the steps of the shell in between."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.purchasing.opener import RequestTakenError
from capacity_blocks.purchasing.step import StepError, UnknownIntentError
from tests.unit.shell.purchasing.stage import EXECUTION, Around, Stage, a_decision, a_document, unwatched

HOPELESS = (PurchaseRequestError, RequestTakenError, StepError, UnknownIntentError)
SECOND = timedelta(seconds=1)
SWEEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 3, 10, 30, 60, 240, 780, 1500, 3000))


class CrashError(BaseException):
    """Lambda is gone, between two calls: nothing catches it, and nothing is cleaned up."""


class TaskFailedError(Exception):
    """A step raised, or its function crashed: all that a workflow sees of it."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class EndlessError(Exception):
    """A workflow takes more steps than any that comes to an end."""


class AbortedError(Exception):
    """A person has stopped the execution."""


Event = dict[str, Any]
People = Callable[["Workflow"], None]


@dataclass
class Workflow:
    """One execution. `around` is what strikes the calls of its steps; `people` answer while it waits for them."""

    stage: Stage
    people: People
    document: Event = field(default_factory=a_document)
    execution: str = EXECUTION
    around: Around = unwatched
    continues: str | None = None
    most: int = 200
    now: tuple[str, Event] | None = None  # the step that runs
    played: list[tuple[str, Event]] = field(default_factory=list)  # every invocation, in order
    errors: list[BaseException] = field(default_factory=list)  # what the steps raised
    stumbles: list[str] = field(default_factory=list)  # what the sweep went on after
    after_each: Callable[[], None] = lambda: None
    times: int = 1  # how often each step is run in place of once
    is_aborted: bool = False
    ended: str = ""
    _started: set[str] = field(default_factory=set)

    def invoke(self, step: str, event: Event) -> Any:
        """Run a step once, as one invocation of its function."""
        if len(self.played) >= self.most:
            raise EndlessError(f"{self.execution}: {[name for name, _ in self.played[-10:]]}")
        answer: Any = None
        for _ in range(self.times):
            self.now = (step, event)
            self.played.append(self.now)
            answer = self._run(step, event)
        self.after_each()
        return answer

    def _run(self, step: str, event: Event) -> Any:
        run = f"{self.execution[-9:]}-{len(self.played)}"
        try:
            return getattr(self.stage.steps(run, self.around), step)(event)
        except (Exception, CrashError) as error:  # a test looks through `errors`
            self.errors.append(error)
            raise TaskFailedError(error) from error
        finally:
            self.now = None

    def retry(self, step: str, event: Event, most: int = 8) -> Any:
        """Run a step that is harmless to repeat, again and again until it has done its work."""
        for attempt in range(most):
            if self.is_aborted and step != "close":
                raise AbortedError
            try:
                return self.invoke(step, event)
            except TaskFailedError as failed:
                if isinstance(failed.error, HOPELESS):
                    raise
                self.wait(self.stage.clock.instant + min(2 * 2**attempt, 300) * SECOND)
        return self.invoke(step, event)

    def wait(self, until: datetime | str | None) -> None:
        assert until is not None
        self.stage.clock.sleep_until(datetime.fromisoformat(until) if isinstance(until, str) else until)

    def play(self) -> str:
        """Play the execution to its end, then all that follows from its end; return the outcome."""
        try:
            self.ended = self._play()
        except AbortedError:
            self.ended = "ABORTED"
        except TaskFailedError as failed:
            self.ended = self._tell_and_release(failed.error)
        if self.ended == "FAILED":  # of an abort its event tells at once
            self.tell_of_end(self.ended, self.execution, self.document)
        return self.ended

    def _tell_and_release(self, error: BaseException) -> str:
        words = {"Error": type(error).__name__, "Cause": json.dumps({"errorMessage": str(error)})}
        event = {"request": self.document, "execution": self.execution, "outcome": "error", "error": words}
        with suppress(TaskFailedError):
            self.retry("close", event)
        return "FAILED"

    def tell_of_end(self, status: str, execution: str, given: Event) -> None:
        """Play the rule on executions that ended otherwise than well."""
        detail = {"executionArn": execution, "status": status, "input": json.dumps(given), "cause": "a test"}
        for _ in range(3):
            with suppress(TaskFailedError):
                self.invoke("close", {"source": "aws.states", "detail": detail})
                break
            self.wait(self.stage.clock.instant + 60 * SECOND)

    def _play(self) -> str:
        request, execution = self.document, self.execution
        answer = self.retry("open", {"request": request, "continues": self.continues, "execution": execution})
        if not answer["opened"]:
            return "another execution has the request"
        looks = 0
        while True:
            found, looks = self.retry("search", {"request": request}), looks + 1
            choice = self.retry("choose", {"request": request, "search": found, "execution": execution, "looks": looks})
            outcome, told = choice["outcome"], choice["told"]
            match outcome:
                case "look_again":
                    self.wait(choice["wait_until"])
                    continue
                case "ask" | "buy":
                    answer = self._brought_to_an_end(choice["intent"], outcome)
                    outcome, told = answer["outcome"], answer["told"]
                    if outcome == "closed" and answer["ask_again"]:
                        continue
                case "nothing" | "dry_run":
                    pass
                case _:
                    raise AssertionError(f"the workflow does not know {outcome}")
            self.retry("close", {"request": request, "execution": execution, "outcome": outcome, "told": told})
            return str(outcome)

    def _brought_to_an_end(self, intent: Event, outcome: str) -> Event:
        named = {"intent": intent, "execution": self.execution}
        if outcome == "ask":
            answer = self._asked(named)
            outcome = answer["outcome"]
            if outcome != "approved":
                return self._stands(named, answer)
        return self._stands(named, self._bought(named, starts=0), starts=1)

    def _asked(self, named: Event) -> Event:
        """Ask, and see what was decided, until it was."""
        while True:
            token = f"token-{len(self.played)}"
            self.stage.tokens.waiting.add(token)
            self.retry("ask", named | {"token": token, "why": "it is the best"})
            until = self.stage.clock.instant + 900 * SECOND
            if token in self.stage.tokens.waiting:
                self.people(self)
            if token in self.stage.tokens.waiting:  # nobody has woken it: States.Timeout
                self.stage.tokens.waiting.remove(token)
                self.wait(until)
            answer: Event = self.retry("follow", named)
            if answer["outcome"] != "waiting":
                return answer

    def _stands(self, named: Event, answer: Event, starts: int = 0) -> Event:
        """See how the purchase stands, until nothing goes on by itself."""
        while True:
            match answer["outcome"]:
                case "look_again":
                    self.wait(answer["wait_until"])
                    answer = self.retry("follow", named)
                case "approved" if starts < 3:
                    self.wait(self.stage.clock.instant + 300 * SECOND)
                    answer, starts = self._bought(named, starts), starts + 1
                case "approved":
                    answer = self.retry("follow", named | {"give_up": True})
                case "closed" | "paid" | "failed" | "asked a person":
                    return answer
                case other:
                    raise AssertionError(f"the workflow does not know {other}")

    def _bought(self, named: Event, starts: int) -> Event:
        """Start the child once under the intent's name, and see what became of the intent."""
        name = named["intent"]["intent_id"]
        if name not in self._started:
            self._started.add(name)
            self._child(f"arn:aws:states:us-east-2:123456789012:execution:Intent:{name}", named["intent"])
        answer: Event = self.retry("follow", named)
        return answer

    def _child(self, execution: str, intent: Event) -> None:
        named, tries = {"intent": intent, "execution": execution}, 0
        try:
            while True:
                with suppress(TaskFailedError):  # Catch: States.ALL; what it was is read from ledger and EC2
                    self.invoke("purchase", named)
                tries += 1
                answer = self.retry("follow", named, most=12)
                while answer["outcome"] == "look_again":
                    self.wait(answer["wait_until"])
                    answer = self.retry("follow", named, most=12)
                if answer["outcome"] != "approved" or tries >= 5:
                    return
                self.wait(self.stage.clock.instant + 180 * SECOND)
        except TaskFailedError:
            self.tell_of_end("FAILED", execution, {"request": self.document, "intent": intent})

    def sweep(self, at: tuple[timedelta, ...] = SWEEPS) -> None:
        """Let time pass after the end, with the sweep of what is in flight at some instants of it."""
        ended = self.stage.clock.instant
        for delay in at:
            self.stage.clock.sleep_until(ended + delay)
            with suppress(TaskFailedError):
                self.stumbles += self.invoke("follow", {})["errors"]


def answering(*people: str, said: str = "approve") -> People:
    """Return people who answer the question, each of them trying again when their answer gets none."""

    def answer(workflow: Workflow) -> None:
        for by in people:
            for _ in range(3):
                workflow.stage.clock.sleep_until(workflow.stage.clock.instant + 30 * SECOND)
                with suppress(TaskFailedError):
                    workflow.invoke("decide", a_decision(workflow.stage, by, said))
                    break

    return answer
