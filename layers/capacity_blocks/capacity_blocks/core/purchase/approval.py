"""Whether those who approved a fee are enough. Nobody listed means that nobody can."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from capacity_blocks.core.purchase import approver, money
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.words import when


class Door(StrEnum):
    """Where a decision came in. The console carries no identity of who tests a function in it."""

    FUNCTION_URL = "function URL"
    SLACK = "Slack"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes to exact terms. `by` is what the door knows of them: an ARN, or slack:<team>/<user>."""

    by: str
    door: Door
    at: datetime
    terms_hash: str


def needed(fee: Decimal, settings: MoneySettings) -> int:
    """Return how many people must approve a fee. Where two limits cross, the stricter one stands."""
    if fee > settings.two_approvers_above:
        return 2
    return 0 if fee <= settings.no_approval_up_to else 1


def person(approval: Approval, settings: MoneySettings) -> str | None:
    """Name who approved; None for nobody that the settings list. All of the console is one."""
    if approval.door is Door.CONSOLE:
        return Door.CONSOLE.value
    return approver.person(approval.by, settings.approvers)


def objection(approval: Approval, fee: Decimal, settings: MoneySettings | None) -> str | None:
    """Return why somebody may not decide about a fee; None if they may."""
    if settings is None:
        return "the pool has no settings for money, so nobody can approve"
    if approval.door is Door.CONSOLE and fee > settings.console_approval_up_to:
        most = money.shown(settings.console_approval_up_to)
        return f"a console test event does not say who sent it, and serves up to {most} only"
    if approval.door is Door.CONSOLE and needed(fee, settings) > 1:
        return "a console test event does not say who sent it, and two different people are needed"
    return None if person(approval, settings) is not None else f"{approval.by} is not one of the pool's approvers"


def counted(
    approvals: Iterable[Approval], fee: Decimal, terms_hash: str, settings: MoneySettings, expires_at: datetime
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the people whose approval of exactly these terms counts, and why each other approval does not."""
    people: set[str] = set()
    reasons: list[str] = []
    for approval in approvals:
        who = person(approval, settings)
        if approval.terms_hash != terms_hash:
            reasons.append(f"{approval.by} approved other terms")
        elif approval.at >= expires_at:
            reasons.append(f"{approval.by} approved after {when(expires_at)}, when the question had expired")
        elif (reason := objection(approval, fee, settings)) is not None:
            reasons.append(reason)
        elif who is not None:
            people.add(who)
    return frozenset(people), tuple(reasons)
