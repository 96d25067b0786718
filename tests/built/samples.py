"""The sample events, and which function each of them is for."""

import json
from typing import Any

from tests.template.stack import ROOT

RECONCILE = "ReconcileFunction"
EVENTS: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}
# Whom each event is for, by how its file's name begins.
TAKERS = {
    "capacity-block-": RECONCILE,
    "cloudtrail-": RECONCILE,
    "decide-in-console-": "DecideInConsoleFunction",
    "decide-purchase-": "DecidePurchaseFunction",
    "follow-purchase-": "FollowPurchaseFunction",
    "instance-interruption-": RECONCILE,
    "purchase-request": "OpenRequestFunction",  # through the workflow, whose input it is
    "reconcile-": RECONCILE,
    "search-offerings": "SearchOfferingsFunction",
    "step-functions-": "CloseRequestFunction",
}


def events_for(function: str) -> list[str]:
    return [name for name in EVENTS for begin, taker in TAKERS.items() if taker == function and name.startswith(begin)]
