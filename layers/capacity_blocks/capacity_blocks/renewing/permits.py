"""Which settings hold for the approval of an intent: the pool's, or wider ones where it renews without a question."""

from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.renewal import permit, successor
from capacity_blocks.core.renewal.permit import Grounds
from capacity_blocks.core.renewal.settings import RenewalSettings
from capacity_blocks.pool_settings import PoolSettingsError, renewal
from capacity_blocks.ports import PoolSettings
from capacity_blocks.renewal_ports import Renewals


@dataclass(frozen=True, slots=True, kw_only=True)
class Permits:
    """Reads anew, each time, whether a pool renews: what was switched off in between needs people again."""

    pool_settings: PoolSettings
    renewals: Renewals

    def settings(self, intent: Intent, money: MoneySettings | None) -> MoneySettings | None:
        """Return the settings by which the approval of `intent` is judged. AwsError goes up: unknown is no."""
        return money if money is None or not self.allow(intent) else permit.widened(intent.terms, money)

    def allow(self, intent: Intent) -> bool:
        """Whether the pool buys exactly this without a question. AwsError goes up.

        An extension belongs to the block that it extends. Any other purchase belongs to the block that its request
        names, if it is a request for a successor.
        """
        terms = intent.terms
        of = (
            (terms.extends, terms.offering.start) if terms.extends is not None else successor.follows(intent.request_id)
        )
        return of is not None and not self.grounds(terms.pool, of).objections(terms)

    def grounds(self, pool: str, of: tuple[str, datetime] | None) -> Grounds:
        """Return by what a pool renews a block with this end now; None: it is no block. AwsError goes up."""
        return Grounds(settings=self._renewal(pool), recorded=None if of is None else self.renewals.recorded(*of))

    def _renewal(self, pool: str) -> RenewalSettings:
        try:
            return renewal(self.pool_settings.texts().get(pool, "{}"))
        except PoolSettingsError:  # they hold as a whole or not at all
            return RenewalSettings()
