"""What people do to have a block bought: say what a pool may spend, write a request, answer the question."""

import json
import re
from collections.abc import Mapping
from typing import Any

from simulator.demo.colleague import Colleague
from simulator.demo.recording import Entry, Mark
from simulator.demo.till import SETTINGS
from simulator.demo.wish import wish
from simulator.world import World

_SPENDING = "/capacity-blocks/spending"
_ANSWER = re.compile(r"""-d '(\{"intent_id": .*?"decision": "approve"\})'""")


class Buyer:
    """The people around a purchase. Each only does what the documentation says and a notice asks for."""

    def __init__(self, world: World, entries: list[Entry]) -> None:
        self._world = world
        self._entries = entries

    def allow(self, who: Colleague, pool: str, settings: str) -> None:
        """Write the settings of a pool, as they are in a file, into the parameter that is named after it."""
        name = f"{SETTINGS}{pool}"
        self._world.client("ssm").put_parameter(Name=name, Type="String", Value=settings, Overwrite=True)
        money = json.loads(settings)["money"]
        limits = (
            f"${int(money['most_per_purchase']):,} a purchase, ${int(money['monthly_budget']):,} a month; "
            f"up to ${int(money['no_approval_up_to']):,} nobody is asked, above that {len(money['approvers'])} approver"
        )
        self._note(who, f"writes what the pool may spend: {limits}", f"without {name} nothing can be bought", pool)

    def switch_on(self, who: Colleague, pool: str) -> None:
        self._world.client("ssm").put_parameter(Name=_SPENDING, Type="String", Value="on", Overwrite=True)
        self._note(who, "switches spending on", f"{_SPENDING} is read right before each purchase", pool)

    def request(self, who: Colleague, document: Mapping[str, Any], why: str) -> None:
        """Start the workflow with a request, named as the request is."""
        arn = self._world.physical_id("PurchaseStateMachine")
        what, why = f"{_verb(document)} {wish(document)}", f"{why}; request {document['request_id']}"
        self._note(who, what, why, str(document["pool"]))
        self._world.client("stepfunctions").start_execution(
            stateMachineArn=arn, name=document["request_id"], input=json.dumps(document)
        )

    def approve(self, who: Colleague, request_id: str, why: str) -> None:
        """Send what the question asks for to the function URL, signed as who one is, and hear the answer."""
        question = self._question(request_id)
        if question is None:
            return
        at, (text, pool) = self._world.now, question
        found = _ANSWER.search(text)
        body = json.loads(found[1]) if found else {}
        answer = self._world.call_url("DecidePurchaseFunction", body, caller_arn=who.arn)
        entry = Entry(
            at=at,
            actor=who.actor,
            what=f"answers the question about {request_id} with yes, through the function URL",
            why=f"{why}; is told: {answer.body['told']} (HTTP {answer.status})",
            pool=pool,
            mark=Mark.DECISION if answer.status == 200 else None,
        )
        self._entries.append(entry)

    def _question(self, request_id: str) -> tuple[str, str] | None:
        """Return the last question about a request, as it came by mail, and its pool."""
        asked = (
            (notice.text, str(notice.facts["pool"]))
            for notice in reversed(self._world.notices)
            if notice.facts
            and notice.facts["kind"] == "purchase-asked"
            and notice.facts["facts"]["Request"] == request_id
        )
        return next(asked, None)

    def _note(self, who: Colleague, what: str, why: str, pool: str) -> None:
        self._entries.append(Entry(at=self._world.now, actor=who.actor, what=what, why=why, pool=pool))


def _verb(document: Mapping[str, Any]) -> str:
    return "asks in a dry run what would be bought:" if document.get("dry_run") else "asks for"
