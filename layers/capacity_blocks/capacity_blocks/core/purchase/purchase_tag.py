"""What a purchase leaves behind: the tags of its reservations, and a line in the history."""

from collections.abc import Iterable

from capacity_blocks.core import tag
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.request_field import MOST_VALUE


def tags_on_create(intent: Intent, approved_by: Iterable[str]) -> dict[str, str]:
    """Return the tags of every reservation of the purchase. They carry the intent, as no call takes a client token."""
    terms = intent.terms
    tags = {
        "Name": f"{terms.pool} {intent.intent_id}",
        **dict(terms.tags),
        tag.POOL: terms.pool,
        tag.INTENT: intent.intent_id,
        tag.APPROVED_BY: ", ".join(sorted(approved_by)) or "nobody: within no_approval_up_to",
    }
    if terms.reservations == 1:  # the same tags go on all of them, and the fee of the whole would be wrong on each
        tags[tag.UPFRONT_FEE] = money.canonical(terms.upfront_fee)
    return {key: value[:MOST_VALUE] for key, value in tags.items()}


def history_line(intent: Intent) -> dict[str, str]:
    """Say how an intent stands, for the append-only history: what was offered, asked, approved and bought."""
    offering = intent.terms.offering
    return {
        "intent": intent.intent_id,
        "state": intent.state.value,
        "at": intent.changed_at.isoformat(),
        "reason": intent.reason,
        "offering": offering.offering_id,
        "fee": money.shown(intent.terms.upfront_fee, offering.currency),
        "terms": intent.terms.hash,
        "approved by": ", ".join(f"{a.by} ({a.door.value})" for a in intent.approvals),
        "reservations": ", ".join(intent.reservation_ids),
    }
