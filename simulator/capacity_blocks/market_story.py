"""What a story says about the market: who else buys, when a fee changes, and what EC2 offers besides."""

from datetime import datetime
from decimal import Decimal

from .holdings import Holdings
from .inventory import Shelf
from .moves import BEGINNING, END, Repriced, Taken
from .offering import Offerings, Shown
from .search import Segment


class MarketStory:
    """The market, to be moved by a test or a demo. Without `since` all is so at once; without `until`, for ever."""

    def __init__(self, holdings: Holdings, offerings: Offerings) -> None:
        self._holdings = holdings
        self._offerings = offerings

    def set_fee(
        self, instance_type: str, hourly_fee: Decimal, *, zone: str | None = None, since: datetime | None = None
    ) -> None:
        """Sell an instance of a type for another fee an hour. Offerings that were shown before keep theirs."""
        since = since or self._holdings.clock.now()
        shelves = self._shelves(instance_type, zone)
        moves = [Repriced(shelf=each, hourly_fee=hourly_fee, since=since) for each in shelves]

        self._holdings.market.moves.repriced[:0] = moves  # of two at one instant the later said counts

    def take(
        self,
        instance_type: str,
        instances: int | None = None,
        *,
        zone: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Let other customers take instances of each shelf of a type, or all of them; at `until` they come back."""
        for shelf in self._shelves(instance_type, zone):
            self._take(
                Taken(shelf=shelf, instances=instances or shelf.instances, since=since or BEGINNING, until=until or END)
            )

    def sell_out(self, offering_id: str, *, since: datetime | None = None, until: datetime | None = None) -> None:
        """Let others buy what an offering is made of: no search shows it any more, and nobody can buy it."""
        for segment in self._offerings.shown(offering_id).segments:
            taken = Taken(
                shelf=segment.shelf,
                instances=segment.shelf.instances,
                start=segment.start,
                end=segment.end,
                since=since or BEGINNING,
                until=until or END,
            )
            self._take(taken)

    def segment(
        self,
        instance_type: str,
        zone: str,
        count: int,
        start: datetime,
        end: datetime,
        fee: Decimal | None = None,
    ) -> Segment:
        """Make a part of an offering, at the market's fee or at one of the story's."""
        (shelf,) = self._shelves(instance_type, zone)
        fee = self._holdings.market.fee(shelf, count, end - start) if fee is None else fee
        return Segment(shelf=shelf, count=count, start=start, end=end, fee=fee)

    def show(
        self,
        *segments: Segment,
        ultraservers: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Let every search show an offering first, whether it fits what was asked for or not.

        What has one segment looks like an answer to a search by type, what has more like one by preference.
        """
        shown = Shown(segments=segments, ultraservers=ultraservers)
        self._offerings.besides.append((since or BEGINNING, until or END, shown))

    def _take(self, taken: Taken) -> None:
        self._holdings.market.moves.taken.append(taken)

    def _shelves(self, instance_type: str, zone: str | None) -> list[Shelf]:
        found = [
            shelf
            for shelf in self._holdings.market.shelves
            if shelf.instance_type == instance_type and zone in (None, shelf.availability_zone)
        ]
        if not found:
            raise LookupError(f"{self._holdings.region} sells no {instance_type} in {zone or 'any zone'}")
        return found
