"""Look around before money is spent on more time: the block, what was ever bought to extend it, settings, switches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from capacity_blocks.core.extension.guard import Circumstances
from capacity_blocks.core.extension.history import ExtensionRecord
from capacity_blocks.core.extension.request import ExtensionRequest, is_extension
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.means import Means
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.renewal.permit import Grounds
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.extension_ports import ExtensionHistory
from capacity_blocks.pool_settings import PoolSettingsError
from capacity_blocks.ports import AwsError, Clock, PoolSettings, Reservations
from capacity_blocks.purchase_ports import PurchaseLedger, Switches
from capacity_blocks.purchasing.survey import money_settings, promised
from capacity_blocks.renewing.permits import Permits


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSurvey:
    """Gathers what the guards decide on. `may_spend` is the deployer's word, over any switch."""

    clock: Clock
    reservations: Mapping[str, Reservations]  # by region
    history: Mapping[str, ExtensionHistory]  # by region
    pool_settings: PoolSettings
    ledger: PurchaseLedger
    switches: Switches
    permits: Permits
    may_spend: bool

    def block(self, region: str, reservation_id: str) -> Reservation | None:
        """Return a Capacity Block as EC2 lists it; None where it lists none under this id. AwsError goes up."""
        listed = self.reservations[region].capacity_blocks()
        return next((each for each in listed if each.reservation_id == reservation_id), None)

    def settings(self, request: ExtensionRequest, intent: Intent | None) -> MoneySettings | None:
        """Return what the pool may spend; wider for what it renews without a question. AwsError goes up."""
        settings = money_settings(self.pool_settings, request.pool)
        if intent is None or not request.automatic:
            return settings
        return self.permits.settings(intent, settings)

    def circumstances(self, request: ExtensionRequest, intent: Intent | None) -> tuple[Circumstances, tuple[str, ...]]:
        """Return what is known now, and what could not be read. The switches are read last."""
        errors: list[str] = []
        settings = self._settings(request, intent, errors)
        grounds = self._grounds(request, errors)
        block, history = self._block(request, errors), self._history(request, errors)
        others = self._others(request, intent, errors)
        siblings = tuple(each for each in self.ledger.intents(request.request_id) if each != intent)
        elsewhere = tuple(self._elsewhere(request))
        book = self.ledger.book(request.pool)
        spending = self.switches.spending() if self.may_spend else False
        killed = self.switches.killed()
        unread = (("whether spending is on", spending), ("the kill switch", killed))
        errors += (f"{what} could not be read" for what, value in unread if value is None)
        means = Means(
            now=self.clock.now(),
            pool=request.pool,
            settings=settings,
            spending=spending,
            killed=killed,
            siblings=siblings,
            book=book,
            grounds=grounds,
        )
        known = Circumstances(
            means=means, request=request, block=block, history=history, others=others, elsewhere=elsewhere
        )
        return known, tuple(errors)

    def _settings(self, request: ExtensionRequest, intent: Intent | None, errors: list[str]) -> MoneySettings | None:
        try:
            return self.settings(request, intent)
        except (AwsError, PoolSettingsError) as error:
            errors.append(f"the settings of pool {request.pool} cannot be read: {error}")
            return None

    def _grounds(self, request: ExtensionRequest, errors: list[str]) -> Grounds | None:
        if not request.automatic:
            return None
        try:
            return self.permits.grounds(request.pool, (request.reservation_id, request.end))
        except AwsError as error:
            errors.append(f"whether the pool buys this without a question could not be read: {error}")
            return None

    def _block(self, request: ExtensionRequest, errors: list[str]) -> Reservation | tuple[()] | None:
        try:
            return self.block(request.region, request.reservation_id) or ()
        except AwsError as error:
            errors.append(str(error))
            return None

    def _history(self, request: ExtensionRequest, errors: list[str]) -> Sequence[ExtensionRecord] | None:
        try:
            return self.history[request.region].records([request.reservation_id])[request.reservation_id]
        except AwsError as error:
            errors.append(str(error))
            return None

    def _elsewhere(self, request: ExtensionRequest) -> Iterator[Intent]:
        for row in self.ledger.open_requests():
            if row.request_id != request.request_id and is_extension(row.document):
                intents = self.ledger.intents(row.request_id)
                yield from (each for each in intents if each.terms.extends == request.reservation_id)

    def _others(
        self, request: ExtensionRequest, intent: Intent | None, errors: list[str]
    ) -> Sequence[Reservation] | None:
        """Return the pool's other blocks, with those that are being bought: what nobody asked for yields to them."""
        if not request.automatic:
            return ()
        try:
            listed = [each for region in self.reservations.values() for each in region.capacity_blocks()]
        except AwsError as error:
            errors.append(str(error))
            return None
        others = (e for e in listed if e.pool == request.pool and e.reservation_id != request.reservation_id)
        return (*others, *self.promised(request, intent))

    def promised(self, request: ExtensionRequest, intent: Intent | None) -> Sequence[Reservation]:
        """Return the blocks that the pool is about to have. More time of another one does not follow this one."""
        now, pool = self.clock.now(), request.pool
        return promised(self.ledger, now, pool, request.request_id, intent, extensions=False)
