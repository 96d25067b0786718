"""Open a request for more time: find the block it is for, and take the row in which all that want it meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from capacity_blocks.core import tag
from capacity_blocks.core.extension import notices
from capacity_blocks.core.extension.guard import stands_in_the_way
from capacity_blocks.core.extension.request import (
    ExtensionRequest,
    ExtensionWish,
    claimed_for,
    from_document,
    is_extension,
    parse,
    to_document,
)
from capacity_blocks.core.purchase.canonical import digest
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.reading import shown
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.words import when
from capacity_blocks.extending.survey import ExtensionSurvey
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow
from capacity_blocks.purchasing.question import OPEN
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import StepError, section

# An execution that has just taken a request is about to make its intent. One that has made none by now is no more.
HELD_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    clock: Clock
    ledger: PurchaseLedger
    survey: ExtensionSurvey
    scribe: Scribe

    def open(self, event: Mapping[str, Any], execution: str) -> ExtensionRequest | str:
        """Return the request if it is this execution's to work on; else why it is not, which people are told.

        There is one row for each block and end. Where nothing can come any more of what was made of it before, as after
        a rejection, the next execution takes it: its intent has the next number, and may be for another duration.
        """
        wish = parse(section(event, "extend"))
        if (before := self._taken_before(execution)) is not None:
            return before
        request = self._request(wish)
        if wish.end is not None and wish.end != request.end:
            reason = f"{wish.reservation_id} ends at {when(request.end)} now: it was asked for at {when(wish.end)}"
            return self._told(request, execution, Guard.END_MOVED, reason)
        row = RequestRow(
            request_id=request.request_id,
            digest=digest(to_document(request)),
            document=to_document(request),
            execution=execution,
            claimed_at=self.clock.now(),
        )
        stands = self.ledger.claim_request(row)
        if stands.execution == execution:
            as_claimed = from_document(stands.document)
            return as_claimed if stands.ended is None else f"the request has ended: {stands.ended}"
        if (held := self._held(stands, self.ledger.intents(request.request_id))) is not None:
            return self._told(request, execution, Guard.BOUGHT_BEFORE, held)
        if (taken := self.ledger.take_request(row, replacing=stands)).execution != execution:
            return self._told(request, execution, Guard.BOUGHT_BEFORE, f"{taken.execution} works on it")
        return request

    def _taken_before(self, execution: str) -> ExtensionRequest | None:
        """Return the request that an execution has already: one wish is for one end, wherever the block's is by now."""
        rows = (row for row in self.ledger.open_requests() if is_extension(row.document))
        return next((from_document(row.document) for row in rows if row.execution == execution), None)

    def _request(self, wish: ExtensionWish) -> ExtensionRequest:
        if wish.region not in self.survey.reservations:
            looked_after = ", ".join(self.survey.reservations)
            raise StepError(
                f"extend.region is {shown(wish.region)}; allowed: those that this application looks after, "
                f"{looked_after}"
            )
        block = self.survey.block(wish.region, wish.reservation_id)
        if block is None or block.pool is None:
            raise StepError(
                f"extend.reservation_id is {shown(wish.reservation_id)}; allowed: a Capacity Block in {wish.region} "
                f"that carries the tag {tag.POOL}"
            )
        return claimed_for(wish, block.pool, block.end)

    def _held(self, row: RequestRow, intents: tuple[Intent, ...]) -> str | None:
        """Return why a request is still another execution's: something may come of it."""
        for intent in intents:
            if intent.state in OPEN or stands_in_the_way(intent):
                return f"{intent.intent_id} of this block and end is {intent.state.value}"
        if row.ended is None and self.clock.now() < row.claimed_at + HELD_FOR:
            return f"{row.execution} works on it since {when(row.claimed_at)}"
        return None

    def _told(self, request: ExtensionRequest, execution: str, guard: Guard, reason: str) -> str:
        violations = (Violation(guard=guard, reason=reason),)
        self.scribe.say(notices.unasked(request=request, violations=violations, execution=execution))
        return reason
