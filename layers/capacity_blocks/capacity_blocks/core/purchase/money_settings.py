"""The settings of a pool for money: its section `money`. Without it, nothing can be bought for the pool."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from capacity_blocks.core.purchase import approver
from capacity_blocks.core.purchase.approver import Approver
from capacity_blocks.core.purchase.reading import Field, NotAllowedError, dollars, hours, read_fields, shown

CENT = Decimal("0.01")
MOST_APPROVERS = 50


class MoneySettingsError(ValueError):
    """The money settings of a pool are malformed; the message names each field, its value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneySettings:
    """What a pool may spend, and on whose word. Limits include their own value: a fee of exactly the cap is allowed."""

    most_per_purchase: Decimal
    monthly_budget: Decimal  # over purchases and extensions, by the month of purchase in UTC
    most_per_pool: Decimal  # for all blocks that have not ended
    most_per_gpu_hour: Decimal | None = None
    approvers: tuple[Approver, ...] = ()  # nobody: only what needs no approval can be bought
    two_approvers_above: Decimal
    no_approval_up_to: Decimal = Decimal(0)
    console_approval_up_to: Decimal = Decimal(0)
    approve_within: timedelta = timedelta(hours=12)


def parse(section: object) -> MoneySettings | None:
    """Read the section as a whole: all of it holds, or MoneySettingsError names everything that does not.

    Absent or empty it gives None. What a sum hangs on must be written out; the rest is the least when absent: nobody
    approves, nothing goes without approval, and a pool holds no more at a time than it may spend in a month.
    """
    if section is None or section == {}:
        return None
    if not isinstance(section, Mapping):
        raise MoneySettingsError(f"money is {shown(section)}; allowed: a JSON object")
    values, mistakes = read_fields(section, FIELDS, "money.")
    if mistakes:
        raise MoneySettingsError("; ".join(mistakes))
    return MoneySettings(**({"most_per_pool": values["monthly_budget"]} | values))


def _approvers(value: object) -> tuple[Approver, ...]:
    """Read who may approve. Nobody is in it twice: one person would count as two."""
    if not isinstance(value, list) or len(value) > MOST_APPROVERS:
        raise NotAllowedError(f"a list of at most {MOST_APPROVERS}")
    entries = [each if isinstance(each, list) else [each] for each in value]
    identities = [identity for entry in entries for identity in entry]
    if not all(entries) or not all(isinstance(each, str) and approver.is_identity(each) for each in identities):
        raise NotAllowedError(approver.ALLOWED)
    if len(set(identities)) < len(identities):
        raise NotAllowedError("each identity once")
    return tuple(tuple(entry) for entry in entries)


FIELDS = {
    "most_per_purchase": Field(attribute="most_per_purchase", read=dollars(CENT), required=True),
    "monthly_budget": Field(attribute="monthly_budget", read=dollars(CENT), required=True),
    "most_per_pool": Field(attribute="most_per_pool", read=dollars(CENT)),
    "most_per_gpu_hour": Field(attribute="most_per_gpu_hour", read=dollars(CENT)),
    "approvers": Field(attribute="approvers", read=_approvers),
    "two_approvers_above": Field(attribute="two_approvers_above", read=dollars(), required=True),
    "no_approval_up_to": Field(attribute="no_approval_up_to", read=dollars()),
    "console_approval_up_to": Field(attribute="console_approval_up_to", read=dollars()),
    "approve_within_hours": Field(attribute="approve_within", read=hours(1, 7 * 24)),
}
