"""The sample events, and which function each of them is for."""

import json
from typing import Any

from tests.template.stack import ROOT

RECONCILE = "ReconcileFunction"
EVENTS: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}
# Whom each event is for, by how its file's name begins.
TAKERS = {
    "capacity-block-": RECONCILE,
    "check-nodes": "CheckNodesFunction",
    "cloudtrail-": RECONCILE,
    "drain-node": "DrainNodeFunction",
    "decide-in-console-": "DecideInConsoleFunction",
    "decide-in-slack-": "DecideInSlackFunction",
    "decide-purchase-": "DecidePurchaseFunction",
    "extension-request": "ChooseExtensionFunction",  # through the workflow, whose input it is
    "follow-extension-": "FollowExtensionFunction",
    "follow-purchase-": "FollowPurchaseFunction",
    "gather-offers": "GatherOffersFunction",
    "instance-interruption-": RECONCILE,  # and the drain's: see test_node_functions
    "instance-terminate-": "DrainNodeFunction",
    "notify-amazon-q": "NotifyAmazonQFunction",
    "notify-slack": "NotifySlackFunction",
    "purchase-request": "OpenRequestFunction",  # through the workflow, whose input it is
    "receive-slack-": "ReceiveSlackFunction",
    "reconcile-": RECONCILE,
    "remind": "RemindFunction",
    "search-offerings": "SearchOfferingsFunction",
    "step-functions-": "CloseRequestFunction",
    "warn-nodes-": "WarnNodesFunction",
}


def events_for(function: str) -> list[str]:
    return [name for name in EVENTS for begin, taker in TAKERS.items() if taker == function and name.startswith(begin)]
