"""What happens after an intent that bought nothing, in words that all its notices share."""

from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices.fact import fee

START_ANOTHER = "If it is still wanted, start a request with a new request_id."
EXTEND_ANEW = "If it is still wanted, have the block extended once more: the same workflow takes it up."


def start_another(intent: Intent) -> str:
    return START_ANOTHER if intent.terms.extends is None else EXTEND_ANEW


def ended(intent: Intent) -> str:
    return f"Nothing was bought; the {fee(intent.terms)} reserved for it is free again."


def goes_on(looks_again: bool) -> str:
    if looks_again:
        return "The request goes on: it searches again, and asks anew about what it finds."
    return "The request is over."
