"""Find out what an attempt to extend has come to whose outcome nobody knows: in EC2's history of the block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.extension import notices
from capacity_blocks.core.extension.history import ExtensionRecord
from capacity_blocks.core.extension.lookup import conclude
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.lookup import Adopt, AskPerson, LookAgain, looks
from capacity_blocks.extension_ports import ExtensionHistory
from capacity_blocks.ports import AwsError, Clock
from capacity_blocks.purchasing.look import Look, Word
from capacity_blocks.purchasing.scribe import Scribe
from capacity_blocks.purchasing.step import StepError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """`function_timeout` is that of the function that buys: until it is over, an attempt may still be under way."""

    clock: Clock
    scribe: Scribe
    history: Mapping[str, ExtensionHistory]  # by region
    function_timeout: timedelta

    def look(self, intent: Intent, *, must_list: bool = False) -> Look | Intent:
        """Return the intent as adopted once the history has it, else what the look has come to.

        What a person was asked about, or has given up, is looked for all the same. With `must_list` a history that
        cannot be read is raised.
        """
        now = self.clock.now()
        if intent.attempted_at is None:
            raise ValueError(f"{intent.intent_id}: it is {intent.state.value} and has no attempt")
        first, *_, last = looks(intent.attempted_at, self.function_timeout)
        if now < first:
            return Look(word=Word.LOOK_AGAIN, intent=intent, wait_until=first)
        if intent.state is IntentState.ATTEMPTING:
            intent = self.scribe.move(intent, IntentState.UNKNOWN, "nobody knows whether EC2 sold it")
        records = of_block(self.history, intent) if must_list else self._read(intent)
        siblings = self.scribe.ledger.intents(intent.request_id)
        match conclude(now, intent, records, self.function_timeout, siblings):
            case Adopt(reservation_ids=ids, reason=reason):
                adopted = self.scribe.move(intent, IntentState.ADOPTED, reason, *ids)
                self.scribe.say(notices.found(intent=adopted, **self.scribe.context(adopted)))
                return adopted
            case LookAgain(at=at):
                if intent.state is IntentState.UNKNOWN:
                    self.scribe.say(notices.unknown(intent=intent, looks_until=last, **self.scribe.context(intent)))
                return Look(word=Word.LOOK_AGAIN, intent=intent, wait_until=at)
            case AskPerson(reason=reason):
                return self._hand_over(intent, reason)

    def _hand_over(self, intent: Intent, reason: str) -> Look:
        if intent.state is IntentState.CLOSED:
            return Look(word=Word.CLOSED, intent=intent)
        if intent.state is not IntentState.NOT_FOUND:
            intent = self.scribe.move(intent, IntentState.NOT_FOUND, reason)
        self.scribe.say(notices.not_found(intent=intent, reason=reason, **self.scribe.context(intent)))
        return Look(word=Word.ASKED_A_PERSON, intent=intent)

    def _read(self, intent: Intent) -> Sequence[ExtensionRecord] | None:
        try:
            return of_block(self.history, intent)
        except AwsError:  # the next look is another try, and the last one says that it failed
            return None


def of_block(history: Mapping[str, ExtensionHistory], intent: Intent) -> Sequence[ExtensionRecord]:
    """Return all extensions of the block of an intent; AwsError goes up."""
    reservation_id = intent.terms.extends
    if reservation_id is None:
        raise StepError(f"{intent.intent_id}: it extends no block")
    return history[intent.terms.offering.region].records([reservation_id])[reservation_id]
