"""Follow an intent: bring it forward in all that needs no spending, from whatever state a crash may have left it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from capacity_blocks.core.extension.request import is_extension
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import Intent, IntentState, asks_again
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.scribe import Scribe, close
from capacity_blocks.purchasing.step import StepError, find, looks_until, row_of, section

S = IntentState
# A workflow ends its own request within minutes of the last step; one that has not for so long will not any more.
ORPHANED_AFTER = timedelta(days=1)


class Finds(Protocol):
    """What finds out what an attempt of unknown outcome has bought."""

    def look(self, intent: Intent, *, must_list: bool = False) -> Look | Intent: ...


class Settles(Protocol):
    """What sees to what was bought."""

    def settle(self, intent: Intent) -> Look: ...
    def give_up(self, intent: Intent) -> Look: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Follows what is bought: either blocks, or `extensions` of them."""

    clock: Clock
    ledger: PurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe
    finder: Finds
    settler: Settles
    extensions: bool = False

    def follow(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Bring one intent forward, or all that is open when none is named: the sweep.

        `give_up` closes one that could not be attempted; `nothing_was_bought` is a person's word about one that nobody
        could find, or whose reservations are gone. Neither is believed against what EC2 lists.
        """
        if "intent" not in event:
            return self._sweep()
        intent = find(self.ledger, section(event, "intent"))
        if (intent.terms.extends is not None) is not self.extensions:
            other = "blocks" if self.extensions else "extensions"
            raise StepError(f"{intent.intent_id}: another function follows {other}")
        if event.get("nothing_was_bought") is True:
            return self._not_bought(intent).document()
        if event.get("give_up") is True and intent.state is S.APPROVED:
            intent = close(self.scribe, self.bookkeeper, intent, "it could not be attempted, time and again")
        return self._step(intent).document()

    def _sweep(self) -> dict[str, Any]:
        """Follow all that is open, whatever became of its workflow. A request that fails does not stop the others."""
        looks: list[Look] = []
        errors = []
        rows = [row for row in self.ledger.open_requests() if is_extension(row.document) is self.extensions]
        for row in rows:
            try:
                intents = self.ledger.intents(row.request_id)
                looks += (self._step(each) for each in intents if self._is_open(each) or each.state is S.REFUSED)
                self._end_if_over(row, intents)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is this request's: the handler raises it
                errors.append(f"{row.request_id}: {type(error).__name__}: {error}")
        return {
            "outcome": "swept",
            "followed": [look.document() for look in looks],
            "errors": errors,
            "look_again_at": self.clock.now().isoformat() if rows else None,
        }

    def _is_open(self, intent: Intent) -> bool:
        """Whether something may still become of an intent without its workflow."""
        now, is_asked = self.clock.now(), intent.state in {S.ASKED, S.APPROVED}
        return intent.is_open(now) or (is_asked and now >= intent.expires_at)

    def _end_if_over(self, row: RequestRow, intents: Sequence[Intent]) -> None:
        """End a request whose purchase was followed to its end, and whose workflow is not there to do so.

        What a person found not to be bought is such an end too: the workflow ended when the person was asked. After a
        refusal it may go on, as long as the request looks: else it would have asked anew, or ended, at once.
        """
        before = self.clock.now() - ORPHANED_AFTER
        until = looks_until(row)
        is_looking = until is not None and before < until
        ends = [each for each in intents if each.attempted_at and not (is_looking and each.state is S.REFUSED)]
        is_over = all(not self._is_open(each) and each.changed_at < before for each in intents)
        if ends and is_over:
            self.ledger.end_request(row, f"{ends[-1].intent_id} is {ends[-1].state.value}")

    def _step(self, intent: Intent) -> Look:
        match intent.state:
            case S.ASKED:
                return self._asked(intent)
            case S.APPROVED:
                return self._approved(intent)
            case S.ATTEMPTING | S.UNKNOWN | S.NOT_FOUND:
                return self._looked_for(intent)
            case S.BOUGHT | S.ADOPTED | S.PAYMENT_PENDING | S.PAID | S.PAYMENT_FAILED:
                return self.settler.settle(intent)
            case S.CLOSED if intent.attempted_at is not None:  # a person's word; what shows up later is the truth
                return self._looked_for(intent)
            case S.REJECTED | S.REFUSED | S.CLOSED:
                return self._over(intent)
            case S.UNRECOGNISED:
                raise StepError(f"{intent.intent_id}: a later version wrote its state; deploy that one")

    def _asked(self, intent: Intent) -> Look:
        if self.clock.now() < intent.expires_at:
            return Look(word=Word.WAITING, intent=intent, wait_until=intent.expires_at)
        return self._over(close(self.scribe, self.bookkeeper, intent, "it was not approved in time"))

    def _approved(self, intent: Intent) -> Look:
        if self.clock.now() < intent.expires_at:
            return Look(word=Word.APPROVED, intent=intent)
        return self._over(close(self.scribe, self.bookkeeper, intent, "its approval expired before it was bought"))

    def _looked_for(self, intent: Intent) -> Look:
        look = self.finder.look(intent)
        if isinstance(look, Look):
            return self._over(look.intent) if look.intent.state is S.CLOSED else look
        return self.settler.settle(look)

    def _over(self, intent: Intent) -> Look:
        """Give back what is reserved, and say once how an intent ended that bought nothing."""
        self.bookkeeper.release(self.clock.now(), intent)
        row = row_of(self.ledger, intent.request_id)
        again = row.ended is None and asks_again(intent, looks_until(row), self.clock.now())
        context = self.scribe.context(intent)
        match intent.state:
            case S.REJECTED:
                notice = notices.rejected(intent=intent, looks_again=again, **context)
            case S.REFUSED:
                notice = notices.refused(intent=intent, words=intent.reason, looks_again=again, **context)
            case _ if intent.attempted_at is None and intent.changed_at >= intent.expires_at:
                notice = notices.expired(intent=intent, looks_again=again, **context)
            case _:
                notice = notices.not_bought(intent=intent, reason=intent.reason, looks_again=again, **context)
        self.scribe.say(notice)
        return Look(word=Word.CLOSED, intent=intent, ask_again=again)

    def _not_bought(self, intent: Intent) -> Look:
        """Close what a person says was not bought, unless EC2 lists it; StepError where that is not theirs to say."""
        if intent.state is S.PAYMENT_PENDING:
            return self.settler.give_up(intent)
        if intent.state not in {S.NOT_FOUND, S.CLOSED}:
            allowed = f"{S.NOT_FOUND.value}, or {S.PAYMENT_PENDING.value} for too long"
            raise StepError(f"{intent.intent_id}: it is {intent.state.value}; allowed: one that is {allowed}")
        found = self.finder.look(intent, must_list=True)
        if not isinstance(found, Look):
            return self.settler.settle(found)
        if intent.state is S.NOT_FOUND:
            intent = close(self.scribe, self.bookkeeper, intent, "a person found that nothing was bought")
        return self._over(intent)
