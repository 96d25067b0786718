"""The settings of a pool for renewal without a question: its section `renewal`. Without it, nobody is passed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from capacity_blocks.core.purchase.duration import of_hours
from capacity_blocks.core.purchase.money_settings import CENT
from capacity_blocks.core.purchase.reading import (
    Field,
    dollars,
    hours,
    one_of,
    read_fields,
    shown,
    whole,
)

HOUR = timedelta(hours=1)
LEAST_LEAD_HOURS = 2  # an extension can be bought until 1 hour before the end: "Extend Capacity Blocks"
MOST_LEAD_HOURS = 56 * 24  # and from 56 days before it


class RenewalMode(StrEnum):
    OFF = "off"
    EXTEND = "extend"
    BUY_SUCCESSOR = "buy_successor"


class RenewalSettingsError(ValueError):
    """The renewal settings of a pool are malformed; the message names each field, its value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalSettings:
    """What is bought for a pool without asking anybody, when a block comes to its end and is in use.

    Over all of it stand the pool's settings for money, its budget and the switches, as over any purchase.
    """

    mode: RenewalMode = RenewalMode.OFF
    duration: timedelta | None = None  # of the extension or of the next block; not None unless off
    most_fee: Decimal = Decimal(0)  # for each renewal, its own value included
    lead: timedelta = 24 * HOUR  # before the end
    min_utilization: int = 50  # percent of the block's instances, over the last day; unknown never suffices

    @property
    def is_on(self) -> bool:
        return self.mode is not RenewalMode.OFF


def parse(section: object) -> RenewalSettings:
    """Read the section as a whole: all of it holds, or RenewalSettingsError names everything that does not.

    Whoever switches it on must write out what it may cost, and for how long it buys.
    """
    if not isinstance(section, Mapping):
        raise RenewalSettingsError(f"renewal is {shown(section)}; allowed: a JSON object")
    is_on = section.get("mode") in {RenewalMode.EXTEND.value, RenewalMode.BUY_SUCCESSOR.value}
    values, mistakes = read_fields(section, ON if is_on else FIELDS, "renewal.")
    if mistakes:
        raise RenewalSettingsError("; ".join(mistakes))
    return RenewalSettings(**values)


def _mode(value: object) -> RenewalMode:
    return RenewalMode(one_of(*RenewalMode)(value))


FIELDS = {
    "mode": Field(attribute="mode", read=_mode),
    "hours": Field(attribute="duration", read=of_hours),
    "most_fee": Field(attribute="most_fee", read=dollars(CENT)),
    "lead_hours": Field(attribute="lead", read=hours(LEAST_LEAD_HOURS, MOST_LEAD_HOURS)),
    "min_utilization_percent": Field(attribute="min_utilization", read=whole(1, 100, "a whole number of percent")),
}
ON = FIELDS | {
    "hours": Field(attribute="duration", read=of_hours, required=True),
    "most_fee": Field(attribute="most_fee", read=dollars(CENT), required=True),
}
