"""Close a request: the one end of every path. What was never attempted is released, what is in flight is named."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from capacity_blocks.core.extension.request import is_extension
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.budget import BudgetError
from capacity_blocks.core.purchase.intent import IN_FLIGHT, Intent, IntentState
from capacity_blocks.core.purchase.reading import shown
from capacity_blocks.core.purchase.request import PurchaseRequestError
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.opener import RequestTakenError
from capacity_blocks.purchasing.scribe import LostRaceError, Scribe
from capacity_blocks.purchasing.step import StepError, find, reference, section, text

NEVER_ATTEMPTED = frozenset({IntentState.ASKED, IntentState.APPROVED})
MOST_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a workflow ended. `error` is what went wrong, empty where nothing did."""

    document: Mapping[str, Any]
    execution: str
    outcome: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closer:
    clock: Clock
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe

    def close(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """End the request of a workflow, by the workflow's own last step or by the event that it is no more.

        Only the execution that holds a request ends it: the failure of a second one must not take it from the first.
        A request with money in flight, or lost, stays open, and the sweep of what is followed goes on with it.
        """
        end = _end(event)
        request_id = end.document.get("request_id")
        row = self._row(end)
        if row is None or row.execution != end.execution:
            if end.error:
                open_still = () if row is None else self._open(row.request_id)
                self.scribe.say(_unheld(end, str(request_id or ""), open_still))
            return {"told": f"request {shown(request_id)} is not held by this execution", "open": []}
        released, flying = self._all_released(row.request_id)
        if row.ended is not None:
            return {"told": f"the request has ended: {row.ended}", "open": []}
        if end.error:
            self.scribe.say(
                notices.request_failed(
                    request_id=row.request_id,
                    pool=str(row.document.get("pool")),
                    error=end.error,
                    released=released,
                    still_open=flying,
                    execution=end.execution,
                )
            )
        if not flying:
            self.ledger.end_request(row, end.outcome)
            self._all_released(row.request_id)  # a step that outlives its workflow may have asked in between
        return {"told": end.outcome, "open": [reference(each) for each in flying]}

    def _row(self, end: End) -> RequestRow | None:
        """Return the request that a workflow was for. One for more time is named by what EC2 said, not by its input."""
        request_id = end.document.get("request_id")
        if is_extension(end.document) and request_id is None:
            return next((row for row in self.ledger.open_requests() if row.execution == end.execution), None)
        return self.ledger.request(request_id) if isinstance(request_id, str) and request_id else None

    def _all_released(self, request_id: str) -> tuple[list[Intent], tuple[Intent, ...]]:
        """Release what was never attempted; return what was released now, and what is in flight."""
        before = self.ledger.intents(request_id)
        intents = [self._released(each) for each in before]
        released = [
            now
            for then, now in zip(before, intents, strict=True)
            if then.state is not now.state and now.state is IntentState.CLOSED
        ]
        return released, tuple(each for each in intents if each.is_open(self.clock.now()))

    def _open(self, request_id: str) -> tuple[Intent, ...]:
        now, intents = self.clock.now(), self.ledger.intents(request_id)
        return tuple(each for each in intents if each.state in NEVER_ATTEMPTED or each.is_open(now))

    def _released(self, intent: Intent) -> Intent:
        """Close an intent that never attempted, and give its money back; one that did is left to be followed."""
        for _ in range(MOST_TRIES):
            if intent.state not in NEVER_ATTEMPTED:
                break
            try:
                intent = self.scribe.move(intent, IntentState.CLOSED, "its workflow has ended")
            except LostRaceError:  # by a decision, or by an attempt: then it is in flight
                intent = find(self.ledger, reference(intent))
        if intent.state not in IN_FLIGHT and not intent.reservation_ids:
            self._release(intent)
        return intent

    def _release(self, intent: Intent) -> None:
        try:
            self.bookkeeper.release(self.clock.now(), intent)
        except BudgetError:  # it was committed: somebody found it bought, and the book tells the truth
            return


def _unheld(end: End, request_id: str, still_open: Sequence[Intent]) -> Notice:
    """Word the failure of a workflow that holds no request: most often it was never one that could be read."""
    for name in (PurchaseRequestError.__name__, RequestTakenError.__name__):
        if end.error.startswith(f"{name}: "):
            mistakes = end.error.removeprefix(f"{name}: ")
            return notices.request_malformed(error=mistakes, request_id=request_id, execution=end.execution)
    return notices.request_failed(
        request_id=request_id, execution=end.execution, error=end.error, still_open=still_open
    )


def _end(event: Mapping[str, Any]) -> End:
    """Read the workflow's last step, or Step Functions' own event; StepError for anything else."""
    if event.get("source") == "aws.states":
        detail = section(event, "detail")
        try:
            given = json.loads(text(detail, "input"))
        except ValueError as error:
            raise StepError(f"detail.input is {shown(detail.get('input'))}; allowed: JSON") from error
        status = text(detail, "status")
        # In the words that the workflow itself used, so that what it has told already has the same key.
        named = {"Error": detail["error"], "Cause": detail.get("cause") or ""} if detail.get("error") else None
        words = f"the workflow is {status}: {detail.get('cause') or 'Step Functions gives no cause'}"
        document = section(given, "request") if isinstance(given, Mapping) and "request" in given else given
        return End(
            document=document if isinstance(document, Mapping) else {},
            execution=text(detail, "executionArn"),
            outcome=f"its workflow is {status}",
            error=words if named is None else _words(named),
        )
    caught = event.get("error")
    document = event.get("request")
    return End(
        document=document if isinstance(document, Mapping) else {},
        execution=text(event, "execution"),
        outcome=text(event, "outcome"),
        error=_words(caught) if caught else "",
    )


def _words(error: object) -> str:
    """Show what a workflow caught: {"Error": ..., "Cause": ...}, where the cause may be Lambda's JSON."""
    if not isinstance(error, Mapping):
        return str(error)
    name, cause = str(error.get("Error", "")), str(error.get("Cause", ""))
    try:
        inner = json.loads(cause)
    except ValueError:  # then it is plain text
        inner = None
    if isinstance(inner, Mapping) and "errorMessage" in inner:
        cause = str(inner["errorMessage"])
    return f"{name}: {cause}"
