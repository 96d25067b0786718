"""What tests of the notices of purchases expect of each: the facts that all of them carry."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase.intent import Intent, IntentState
from tests.unit.core.purchase.intents import an_approval, an_intent, an_intent_in
from tests.unit.core.purchase.shapes import ALICE

EXECUTION = "arn:aws:states:us-east-2:123456789012:execution:Purchase:may"
LINK = f"https://us-east-2.console.aws.amazon.com/states/home?region=us-east-2#/v2/executions/details/{EXECUTION}"
BERLIN = ZoneInfo("Europe/Berlin")
WHAT = "8 x p5.48xlarge for 168 hours from 2026-05-04 11:30 UTC"
HASH = an_intent().terms.hash
ID = f"may-training-1-{HASH[:16]}"
TERMS = (
    ("What", "8 x p5.48xlarge"),
    ("Zone", "us-east-2a"),
    ("Start", "2026-05-04 11:30 UTC"),
    ("End", "2026-05-11 11:30 UTC"),
    ("Hours", "168"),
    ("Usable hours", "167.5"),
    ("Fee", "$42,000"),
    ("Fee per usable GPU-hour", "$3.918"),
    ("Platform", "Linux/UNIX"),
    ("Offering", "cb-0a"),
    ("Terms", HASH),
)
IDS = (("Request", "may-training"), ("Intent", ID))
BY_ALICE = (("Approved by", ALICE),)


def in_state(state: IntentState, reason: str = "a reason") -> Intent:
    return replace(an_intent_in(state), reason=reason)


def heard_of(*people: str) -> Intent:
    intent = an_intent()
    return replace(intent, approvals=tuple(an_approval(intent, by) for by in people))


def expected(what: str, *, key: str = "", facts: tuple[tuple[str, str], ...] = BY_ALICE, **fields: Any) -> Notice:
    """Return the notice `what` of the intent of `an_intent()`, with `facts` between its ids and its execution."""
    return Notice(
        key=f"{ID}:{what}{key}",
        kind=f"purchase-{what}",
        thread="may-training",
        pool="training",
        region="us-east-2",
        facts=(*TERMS, *IDS, *facts, ("Execution", LINK)),
        **fields,
    )


def expected_of_request(what: str, *, key: str = "", facts: tuple[tuple[str, str], ...] = (), **fields: Any) -> Notice:
    return Notice(
        key=f"may-training:{what}{key}",
        kind=f"purchase-{what}",
        thread="may-training",
        pool="training",
        facts=(("Request", "may-training"), *facts, ("Execution", LINK)),
        **fields,
    )
