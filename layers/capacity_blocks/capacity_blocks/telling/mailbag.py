"""What came out of the queue and is not told yet."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import loads

from capacity_blocks.core.publication import Publication, parse
from capacity_blocks.core.slack.batch import is_burst
from capacity_blocks.core.slack.route import Routes
from capacity_blocks.ports import Clock
from capacity_blocks.telling_ports import Letter, Letters

# A burst is over when nothing has come for so long: SNS delivers within a fraction of a second.
QUIET = timedelta(seconds=3)
# People wait this long at most for the first of a few notices; of many it pays to wait for the last one.
FEW_WITHIN, MANY_WITHIN = timedelta(seconds=20), timedelta(seconds=60)
MOST = 1000
# As often as Slack is tried: what nobody reads is among the dead letters long before the queue would drop it.
UNREADABLE_AGAIN = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Mailbag:
    """Letters by what they say. The queue may hand one out twice: it is told once, and both are deleted."""

    letters: Letters
    clock: Clock
    log: Callable[..., None]
    _receipts: dict[str, list[str]] = field(default_factory=dict)
    _receives: dict[str, int] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def collect(self, routes: Routes, stop: datetime) -> Sequence[Publication]:
        """Receive until nothing more comes, or for as long as it pays to wait, and never beyond `stop`."""
        begun, found = self.clock.now(), dict[str, Publication]()
        while len(found) < MOST:
            letters = self.letters.receive(QUIET)
            if not letters:
                break
            for publication in filter(None, map(self._read, letters)):
                found[publication.message_id] = publication
            waited_for = MANY_WITHIN if is_burst(tuple(found.values()), routes) else FEW_WITHIN
            if self.clock.now() >= min(begun + waited_for, stop):
                break
        return tuple(found.values())

    def receives(self, publications: Iterable[Publication]) -> int:
        """Return how often all of these have been received by now, in this run or in others."""
        return min(self._receives[each.message_id] for each in publications)

    def told(self, publications: Iterable[Publication]) -> None:
        """Forget what Slack has taken. A crash before this line tells it again rather than never."""
        ids = [each.message_id for each in publications]
        self.letters.delete([receipt for one in ids for receipt in self._receipts.pop(one)])
        self._told.update(ids)

    def put_back(self, publications: Iterable[Publication], after: timedelta = timedelta()) -> None:
        ids = [each.message_id for each in publications]
        receipts = [receipt for one in ids for receipt in self._receipts.pop(one)]
        self.letters.put_back(receipts, max(after, timedelta()))

    def _read(self, letter: Letter) -> Publication | None:
        try:
            publication = parse(loads(letter.body))
        except (ValueError, TypeError, RecursionError) as error:
            # Somebody else's: kept, until the queue gives it up to the dead letters, where somebody may look.
            self.log("not understood", error=str(error)[:500], body=letter.body[:500])
            self.letters.put_back([letter.receipt], UNREADABLE_AGAIN)
            return None
        if publication.message_id in self._told:
            self.letters.delete([letter.receipt])
            return None
        self._receives[publication.message_id] = letter.receives
        self._receipts.setdefault(publication.message_id, []).append(letter.receipt)
        return publication
