"""Who may answer a question, by name, and whether they are enough."""

from collections.abc import Iterable
from decimal import Decimal

from capacity_blocks.core.purchase import approver, money
from capacity_blocks.core.purchase.approval import Approval, Door, counted, needed
from capacity_blocks.core.purchase.approver import Approver
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.words import listed


def named(people: Iterable[Approver]) -> str:
    """List people; all identities of one of them stand in one line."""
    return listed(
        " or ".join(each) + (" (each person who signs in with it)" if _is_many(each) else "") for each in people
    )


def signed(approvals: Iterable[Approval]) -> str:
    """Say who approved, by which door."""
    who = dict.fromkeys(f"{_by(each)} (by {each.door.value})" for each in approvals)
    return " and ".join(who) or "nobody"


def lacking(
    fee: Decimal, settings: MoneySettings | None, url: str, console_function: str, *, slack: bool = False
) -> str:
    """Return why too few people can approve a fee; empty if enough can. Each identity takes a door of its own."""
    if settings is None:
        return "the pool has no settings for money, so nobody can approve"
    wanted = needed(fee, settings)
    able = [each for each in settings.approvers if any(slack if is_of_slack(i) else url for i in each)]
    console = bool(console_function) and fee <= settings.console_approval_up_to
    if any(_is_many(each) for each in able) or len(able) + console >= wanted:
        return ""
    if not settings.approvers and not console:
        return "nobody is listed who may approve"
    who = "person" if wanted == 1 else "people"
    return f"{money.shown(fee)} takes {wanted} {who}, and {len(able) + console} can answer"


def still_needed(intent: Intent, settings: MoneySettings) -> tuple[Approver, ...]:
    """Return who may still approve, beside those who have."""
    terms = intent.terms
    people, _ = counted(intent.approvals, terms.upfront_fee, terms.hash, settings, intent.expires_at)
    return tuple(each for each in settings.approvers if each[0] not in people)


def _is_many(who: Approver) -> bool:
    """Whether an entry stands for several people: two sessions of its role then count as two."""
    role = approver.ROLE.fullmatch(who[0])
    if role is None:
        return False
    partition, account, name = role.groups()
    sessions = (f"arn:{partition}:sts::{account}:assumed-role/{name}/{person}" for person in ("one", "two"))
    return len({approver.person(each, (who,)) for each in sessions}) > 1


def is_of_slack(identity: str) -> bool:
    return identity.startswith("slack:")


def _by(approval: Approval) -> str:
    return "somebody" if approval.door is Door.CONSOLE else approval.by
