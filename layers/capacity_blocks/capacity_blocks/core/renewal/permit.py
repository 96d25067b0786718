"""Whether exact terms may be bought without asking anybody: by the pool's settings, and by what was recorded."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.core.words import hours, when


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a pool renews by now, and what was recorded of the block when its renewal was decided."""

    settings: RenewalSettings
    recorded: Renewal | None

    def objections(self, terms: Terms) -> tuple[str, ...]:
        return objections(terms, self.settings, self.recorded)


def objections(terms: Terms, settings: RenewalSettings, recorded: Renewal | None) -> tuple[str, ...]:
    """Return why these terms still need somebody's approval; empty if the pool's settings stand for it."""
    return tuple(_objections(terms, settings, recorded))


def widened(terms: Terms, money_settings: MoneySettings) -> MoneySettings:
    """Return the settings under which exactly these terms need nobody's approval. All other limits stay as they are.

    Only for terms without objections.
    """
    fee = terms.upfront_fee
    return replace(
        money_settings,
        no_approval_up_to=max(money_settings.no_approval_up_to, fee),
        two_approvers_above=max(money_settings.two_approvers_above, fee),
    )


def _objections(terms: Terms, settings: RenewalSettings, recorded: Renewal | None) -> Iterator[str]:
    mode = RenewalMode.BUY_SUCCESSOR if terms.extends is None else RenewalMode.EXTEND
    if settings.mode is not mode:
        yield f"the pool's setting renewal.mode is {settings.mode.value}, not {mode.value}"
        return
    if terms.upfront_fee > settings.most_fee:
        yield f"{money.shown(terms.upfront_fee)} is more than renewal.most_fee, {money.shown(settings.most_fee)}"
    if terms.offering.duration > (settings.duration or timedelta(0)):
        asked = hours(settings.duration or timedelta(0))
        yield f"it lasts {hours(terms.offering.duration)} hours, and renewal.hours is {asked}"
    if recorded is None:
        yield "it was not recorded that the block is used enough"
        return
    if (recorded.pool, recorded.region, recorded.mode) != (terms.pool, terms.offering.region, mode):
        yield f"what was recorded is for pool {recorded.pool} in {recorded.region}, to {recorded.mode.value}"
    if terms.extends is not None and terms.extends != recorded.reservation_id:
        yield f"what was recorded is for {recorded.reservation_id}"
    hardware = {(part.instance_type, part.instance_count) for part in terms.offering.parts}
    if hardware != {(recorded.instance_type, recorded.instance_count)}:
        yield f"the block has {recorded.instance_count} x {recorded.instance_type}"
    if terms.offering.start != recorded.end:
        yield f"it starts at {when(terms.offering.start)}, and the block ends at {when(recorded.end)}"
    if recorded.utilization < settings.min_utilization:
        used, least = money.canonical(recorded.utilization), settings.min_utilization
        yield f"the block was used {used} %, and renewal.min_utilization_percent is {least}"
