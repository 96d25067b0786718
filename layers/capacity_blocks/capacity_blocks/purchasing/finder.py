"""Find out what an attempt bought whose outcome nobody knows: look, wait longer, and leave the rest to a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.lookup import Adopt, AskPerson, Candidate, LookAgain, conclude, looks
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchase_ports import Candidates
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.scribe import Scribe


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """`function_timeout` is that of the function that buys: until it is over, an attempt may still be under way."""

    clock: Clock
    scribe: Scribe
    candidates: Mapping[str, Candidates]  # by region
    function_timeout: timedelta

    def look(self, intent: Intent, *, must_list: bool = False) -> Look | Intent:
        """Return the intent as adopted once its reservations are found, else what the look has come to.

        What a person was asked about, or has given up, is looked for all the same: they may have tagged what they
        found. With `must_list` a listing that fails is raised.
        """
        now = self.clock.now()
        if intent.attempted_at is None:
            raise ValueError(f"{intent.intent_id}: it is {intent.state.value} and has no attempt")
        first, *_, last = looks(intent.attempted_at, self.function_timeout)
        if now < first:
            return Look(word=Word.LOOK_AGAIN, intent=intent, wait_until=first)
        if intent.state is IntentState.ATTEMPTING:
            intent = self.scribe.move(intent, IntentState.UNKNOWN, "nobody knows whether EC2 sold it")
        listing = self._list(intent) if must_list else self._listing(intent)
        match conclude(now, intent, listing, self.function_timeout, self._taken(intent)):
            case Adopt(reservation_ids=ids, reason=reason, remark=remark):
                adopted = self.scribe.move(intent, IntentState.ADOPTED, reason, *ids)
                self.scribe.say(notices.found(intent=adopted, remark=remark, **self.scribe.context(adopted)))
                return adopted
            case LookAgain(at=at):
                if intent.state is IntentState.UNKNOWN:
                    self.scribe.say(notices.unknown(intent=intent, looks_until=last, **self.scribe.context(intent)))
                return Look(word=Word.LOOK_AGAIN, intent=intent, wait_until=at)
            case AskPerson(reason=reason, candidates=ids):
                return self._hand_over(intent, reason, ids)

    def _hand_over(self, intent: Intent, reason: str, candidates: Sequence[str]) -> Look:
        if intent.state is IntentState.CLOSED:
            return Look(word=Word.CLOSED, intent=intent)
        if intent.state is not IntentState.NOT_FOUND:
            intent = self.scribe.move(intent, IntentState.NOT_FOUND, reason)
        context = self.scribe.context(intent)
        self.scribe.say(notices.not_found(intent=intent, reason=reason, candidates=candidates, **context))
        return Look(word=Word.ASKED_A_PERSON, intent=intent)

    def _taken(self, intent: Intent) -> frozenset[str]:
        """Return the reservations that other intents hold, of requests that are open or were bought just now."""
        ledger = self.scribe.ledger
        others = (each for row in ledger.open_requests() for each in ledger.intents(row.request_id))
        return frozenset(i for each in others if each.intent_id != intent.intent_id for i in each.reservation_ids)

    def _list(self, intent: Intent) -> Sequence[Candidate]:
        return self.candidates[intent.terms.offering.region].candidates()

    def _listing(self, intent: Intent) -> Sequence[Candidate] | None:
        try:
            return self._list(intent)
        except AwsError:  # the next look is another try, and the last one says that it failed
            return None
