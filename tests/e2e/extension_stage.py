"""A stage for extensions: a block of a pool with money, a wish for a day more, and people who decide."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator.extension_tally import Tally, tally
from tests.e2e.purchase_stage import ALICE, MONEY, QUICK, SANDBOXES, Buyer, End, switch_off_sweep
from tests.e2e.stage import END, REGION, Stage, staged

# The block has not begun when it is asked for, so that nothing but the extension goes on meanwhile.
NEW_END = END + timedelta(days=1)
MACHINE, FUNCTION = "ExtensionStateMachine", "PurchaseExtensionFunction"
PAID = ["extension-asked", "extension-approved", "extension-bought", "extension-paid"]
OWN = {
    "asked",
    "heard",
    "approved",
    "rejected",
    "expired",
    "not-bought",
    "refused",
    "bought",
    "found",
    "unknown",
    "not-found",
    "payment-pending",
    "paid",
    "payment-failed",
    "payment-overdue",
    "unasked",
    "tried-enough",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extender:
    """Who extends the block, and what is to be seen of it. Decisions and money are as with any purchase."""

    buyer: Buyer
    block: str
    by_hand: set[str] = field(default_factory=set)  # offerings that somebody bought in the console

    @property
    def stage(self) -> Stage:
        return self.buyer.stage

    # --- what people do ---

    def start(self, name: str = "wish", **changed: Any) -> str:
        wish = {"reservation_id": self.block, "region": REGION, "hours": 24, "why": "the run takes longer"} | changed
        client, arn = self.stage.client("stepfunctions"), self.stage.world.physical_id(MACHINE)
        given = json.dumps({"extend": wish})
        return str(client.start_execution(stateMachineArn=arn, name=name, input=given)["executionArn"])

    def decide(self, decision: str = "approve", by: str = ALICE) -> int:
        facts = self.questions()[-1]
        body = {"intent_id": facts["Intent"], "terms": facts["Terms"], "decision": decision}
        return self.stage.world.call_url("DecidePurchaseFunction", body, caller_arn=by).status

    def wait(self, **span: float) -> None:
        self.stage.world.run_for(timedelta(**span))

    def extend(self, **changed: Any) -> str:
        """Ask, approve, and wait until it is bought; the payment is on its way."""
        execution = self.start(**changed)
        self.wait(minutes=1)
        assert self.decide() == 200
        self.wait(minutes=1)
        return execution

    # --- what is to be seen ---

    def questions(self) -> list[dict[str, str]]:
        return [facts["facts"] for facts in self.stage.notices("extension-asked")]

    def told(self) -> list[str]:
        """The kinds of the notices about what is bought, in order."""
        return [kind for kind in self.stage.kinds() if kind.removeprefix("extension-") in OWN]

    def end(self, execution: str) -> End:
        return self.buyer.end(execution)

    def ends_at(self) -> datetime:
        """The end of the block, as EC2 has it."""
        found: datetime = self.listed()["EndDate"]
        return found

    def listed(self) -> dict[str, Any]:
        [block] = [each for each in self.buyer.blocks() if each["CapacityReservationId"] == self.block]
        return block

    def tally(self) -> Tally:
        return tally(self.stage.world, self.by_hand)

    def ours_apart(self) -> None:
        """Say that all that EC2 has sold so far was bought by hand."""
        self.by_hand.update(each.offering.offering_id for each in self.stage.engine().extensions)

    def states(self) -> list[str]:
        return [each["state"] for each in self.tally().intents]

    def book(self) -> list[tuple[str, str]]:
        """What the book holds: dollars, and how they stand."""
        return [(entry["amount"], entry["standing"]) for _, entry in sorted(self.tally().entries.items())]

    def sold(self) -> int:
        return len(self.stage.engine().extensions)


@contextmanager
def extender(*, asked: bool = True, settings: dict[str, Any] | None = None, **options: Any) -> Iterator[Extender]:
    """Deploy the product with all that an extension needs, and a block of the pool training.

    What must never be is held against every story, once it is over; `asked`: that people approved what was bought.
    """
    parameters = {"EnablePurchases": "true", **options.pop("parameters", {})}
    own = {"assumptions": QUICK, "sandboxes": SANDBOXES, **options}
    with staged(parameters=parameters, **own) as stage:
        buyer = Buyer(stage=stage)
        buyer.put("/capacity-blocks/spending", "on")
        stage.settings("training", json.dumps({"money": MONEY, **(settings or {})}))
        switch_off_sweep(stage)
        person = Extender(buyer=buyer, block=stage.block())
        yield person
        assert buyer.undeclared() == set()
        assert [each for each in person.tally().violations() if asked or "nobody approved" not in each] == []
