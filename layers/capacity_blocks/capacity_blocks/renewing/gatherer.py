"""Look up what could continue blocks, ahead of their reminders, and no faster than EC2's slowest bucket allows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.purchase import pace
from capacity_blocks.core.purchase.query import Outcome
from capacity_blocks.core.reminder.found import Found
from capacity_blocks.core.reminder.gathering import Errand, errands, look_again_at, next_calls
from capacity_blocks.core.reminder.offer import OfferKind
from capacity_blocks.core.throttle import NOT_NOW
from capacity_blocks.extension_ports import ExtensionOffers
from capacity_blocks.ports import AwsError, Clock, PoolSettings, Reservations
from capacity_blocks.purchase_ports import Offerings
from capacity_blocks.renewal_ports import FoundOffers
from capacity_blocks.renewing.pools import Settings, endings, read

Call = tuple[Errand, ...]  # what one call answers


class ThrottledError(Exception):
    """EC2 wants to be left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where a region says what it sells."""

    extensions: ExtensionOffers
    offerings: Offerings


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    clock: Clock
    regions: Mapping[str, Reservations]
    counters: Mapping[str, Counter]
    pool_settings: PoolSettings
    offers: FoundOffers

    def gather(self, until: datetime) -> dict[str, Any]:
        """Make the calls of one run, none of them at or after `until`. What is left is the next run's."""
        errors = list[str]()
        settings = Settings(texts=self.pool_settings.texts(), default=Policy())
        wanted = self._wanted(read(self.regions, errors), settings, errors)
        found_at = {region: self.offers.instants(region) for region in wanted if wanted[region]}
        now = self.clock.now()
        calls = {region: next_calls(now, wanted[region], found_at[region]) for region in found_at}
        looked = self._run(calls, until, errors)
        again = [look_again_at(now, wanted[region], found_at[region]) for region in found_at]
        instants = [each for each in again if each is not None] + ([now] if errors else [])
        return {
            "outcome": "gathered",
            "looked": looked,
            "errors": errors,
            "look_again_at": min(instants).isoformat() if instants else None,
        }

    def _wanted(self, blocks: Any, settings: Settings, errors: list[str]) -> dict[str, list[Errand]]:
        now = self.clock.now()
        wanted: dict[str, list[Errand]] = {region: [] for region in self.regions}
        for each in endings(blocks, settings):
            if not each.succession.is_covered:
                wanted[each.block.region] += errands(now, each.block, each.wishes.reminders, is_paying=False)
        return {region: self._without_paying(region, found, errors) for region, found in wanted.items()}

    def _without_paying(self, region: str, wanted: Sequence[Errand], errors: list[str]) -> list[Errand]:
        """Leave out extensions of blocks that have one in payment: EC2 would refuse to say what another costs."""
        extended = sorted({e.block.reservation_id for e in wanted if e.want.kind is OfferKind.EXTENSION})
        try:
            paying = self.regions[region].pending_extensions(extended) if extended else {}
        except AwsError as error:
            errors.append(f"{region}: {error}")
            paying = {}
        return [e for e in wanted if e.want.kind is not OfferKind.EXTENSION or e.block.reservation_id not in paying]

    def _run(self, calls: Mapping[str, Sequence[Call]], until: datetime, errors: list[str]) -> int:
        """Make one call in each region, then wait as long as the bucket takes to fill up again."""
        looked, throttled, next_at = 0, set[str](), self.clock.now()
        for turn in zip_longest(*([(region, call) for call in calls[region]] for region in calls)):
            if next_at >= until:
                break
            self.clock.sleep_until(next_at)
            next_at = self.clock.now() + pace.EVERY
            for region, call in (each for each in turn if each is not None and each[0] not in throttled):
                try:
                    for found in self._found(region, call):
                        self.offers.put(found, region)
                    looked += 1
                except ThrottledError:
                    throttled.add(region)
                except AwsError as error:
                    errors.append(f"{region}: {error}")
        return looked

    def _found(self, region: str, call: Call) -> Iterator[Found]:
        first = call[0]
        query = first.query(self.clock.now())
        if query is None:
            yield self._extensions(region, first)
            return
        answer = self.counters[region].offerings.search(query, self.clock.now())
        if answer.outcome is Outcome.THROTTLED:
            raise ThrottledError
        trouble = answer.message if answer.outcome in {Outcome.FAILED, Outcome.NOT_OFFERED} else ""
        for errand in call:
            yield _kept(errand, Found(want=errand.want, at=answer.at, offerings=answer.offerings, trouble=trouble))

    def _extensions(self, region: str, errand: Errand) -> Found:
        want = errand.want
        try:
            found = self.counters[region].extensions.offers(want.reservation_id, want.duration)
        except AwsError as error:
            if error.code in NOT_NOW:
                raise ThrottledError from error
            return Found(want=want, at=self.clock.now(), trouble=str(error))
        return _kept(errand, Found(want=want, at=self.clock.now(), offerings=found))


def _kept(errand: Errand, found: Found) -> Found:
    """Leave out what no reminder would show: a row of the ledger is no catalogue."""
    offerings = tuple(offer.offering for offer in found.offers(errand.block))
    return Found(want=found.want, at=found.at, offerings=offerings, trouble=found.trouble)
