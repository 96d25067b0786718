"""A stage for purchases: the product with spending switched on, a person who asks for blocks, others who decide."""

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.assumptions import Assumptions, minutes, seconds
from simulator.function_url import UrlAnswer
from simulator.purchase_tally import Tally, tally
from simulator.sandbox import Sandboxes
from simulator.template import local_path
from tests.e2e.stage import IAM_SERVICES, Stage, staged
from tests.template.stack import of_type

# The block that is on sale for the request below starts at START, and is 24 hours long.
NOW = datetime(2027, 3, 20, 10, 40, tzinfo=UTC)
START = datetime(2027, 3, 20, 11, 30, tzinfo=UTC)
FEE = "1510"
ALICE, BOB, EVE = (f"arn:aws:iam::123456789012:user/{name}" for name in ("alice", "bob", "eve"))
MONEY = {
    "most_per_purchase": "60000",
    "monthly_budget": "100000",
    "approvers": [ALICE, BOB],
    "two_approvers_above": "50000",
    "approve_within_hours": 1,
}
REQUEST = {
    "request_id": "march-run",
    "pool": "training",
    "instance_types": ["p5.48xlarge"],
    "instance_count": 2,
    "duration_days": 1,
    "earliest_start": "2027-03-20T11:00:00Z",
    "latest_end": "2027-03-26T12:00:00Z",
    "most_upfront_fee": "60000",
    "zones": ["us-east-2a"],
}
QUICK = Assumptions(payment=minutes(6), delivery=seconds(5))
IAM_NAMES = {**IAM_SERVICES, "service-quotas": "servicequotas", "stepfunctions": "states"}
# "Using IAM with DynamoDB transactions": each of its parts is an action of its own, here PutItem.
IAM_ACTIONS = {"Invoke": "InvokeFunction", "TransactWriteItems": "PutItem"}
MACHINE, CHILD, FUNCTION = "PurchaseStateMachine", "PurchaseIntentStateMachine", "PurchaseBlockFunction"
PAID = ["purchase-asked", "purchase-approved", "purchase-bought", "purchase-paid"]
# Kept over from test to test: none of them is about what a function's environment remembers.
SANDBOXES = Sandboxes()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an execution ended: its status, its last state, and what it says."""

    status: str
    state: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    stage: Stage

    # --- what people do ---

    def put(self, name: str, value: str) -> None:
        self.stage.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def money(self, **changed: Any) -> None:
        self.stage.settings("training", json.dumps({"money": MONEY | changed}))

    def start(self, name: str = "run", machine: str = MACHINE, **changed: Any) -> str:
        request = json.dumps(REQUEST | changed)
        client, arn = self.stage.client("stepfunctions"), self.stage.world.physical_id(machine)
        return str(client.start_execution(stateMachineArn=arn, name=name, input=request)["executionArn"])

    def start_intent(self, name: str) -> str:
        """Start the workflow that buys, for the last intent, as nobody should."""
        intent = self.intents()[-1]
        named = {key: intent[key] for key in ("request_id", "number")} | {"intent_id": self.questions()[-1]["Intent"]}
        return self.start(name, CHILD, request=REQUEST, intent=named)

    def stop(self, execution: str) -> None:
        self.stage.client("stepfunctions").stop_execution(executionArn=execution, cause="a person changed their mind")

    def redrive(self, execution: str) -> None:
        self.stage.client("stepfunctions").redrive_execution(executionArn=execution)

    def decide(self, decision: str = "approve", by: str = ALICE) -> UrlAnswer:
        """Answer the last question at the function URL."""
        return self.stage.world.call_url("DecidePurchaseFunction", self.answer(decision), caller_arn=by)

    def decide_in_console(self, decision: str = "approve") -> str:
        return str(self.stage.world.invoke("DecideInConsoleFunction", self.answer(decision))["told"])

    def answer(self, decision: str = "approve") -> dict[str, str]:
        facts = self.questions()[-1]
        return {"intent_id": facts["Intent"], "terms": facts["Terms"], "decision": decision}

    def wait(self, **span: float) -> None:
        self.stage.world.run_for(timedelta(**span))

    def buy(self, **changed: Any) -> str:
        """Ask, approve, and wait until it is bought; the payment is on its way."""
        execution = self.start(**changed)
        self.wait(minutes=1)
        assert self.decide().status == 200
        self.wait(minutes=1)
        return execution

    # --- what is to be seen ---

    def questions(self) -> list[dict[str, str]]:
        return [facts["facts"] for facts in self.stage.notices("purchase-asked")]

    def told(self) -> list[str]:
        """The kinds of the notices about purchases, in order."""
        return [kind for kind in self.stage.kinds() if kind.startswith("purchase-")]

    def end(self, execution: str) -> End:
        client = self.stage.client("stepfunctions")
        history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        entered = [each["stateEnteredEventDetails"]["name"] for each in history if "stateEnteredEventDetails" in each]
        said = client.describe_execution(executionArn=execution)
        words = json.loads(said["output"])["told"] if said.get("output") else said.get("cause", "")
        return End(status=said["status"], state=entered[-1], words=words)

    def tally(self) -> Tally:
        return tally(self.stage.world)

    def states(self) -> list[str]:
        return [intent["state"] for intent in self.intents()]

    def intents(self) -> list[dict[str, Any]]:
        return sorted(self.tally().intents, key=lambda intent: (intent["request_id"], intent["number"]))

    def book(self) -> list[tuple[str, str]]:
        """What the book holds: dollars, and how they stand."""
        return [(entry["amount"], entry["standing"]) for _, entry in sorted(self.tally().entries.items())]

    def blocks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.stage.engine().look("DescribeCapacityReservations")["CapacityReservations"]
        return found

    def sold(self) -> int:
        return len(self.stage.engine().sales)

    def history(self) -> list[str]:
        """The states of the last intent, as its history has them."""
        rows = self._rows(f"history#{self.questions()[-1]['Intent']}")
        return [row["line"]["M"]["state"]["S"] for row in rows]

    def token(self) -> str:
        return str(self._rows("token#march-run")[-1]["token"]["S"])

    def _rows(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.stage.client("dynamodb").query(
            TableName=self.stage.world.physical_id("Ledger"),
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
        )["Items"]
        return found

    def tags(self, block: Mapping[str, Any]) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in block.get("Tags", ()) if not tag["Key"].startswith("aws:")}

    def undeclared(self) -> set[tuple[str, str]]:
        """The calls of each function that nothing it is made of declares: its role has no permission for them."""
        found = set[tuple[str, str]]()
        for function, properties in of_type("AWS::Lambda::Function").items():
            root = importlib.import_module(f"capacity_blocks.bootstrap.{local_path(properties['Code']).name}")
            declared = {permission for adapter in root.ADAPTERS for permission in adapter.PERMISSIONS}
            declared |= {each for reader in getattr(root, "READERS", ()) for each in reader.READ_PERMISSIONS}
            for call in self.stage.world.calls.of(function):
                operation = IAM_ACTIONS.get(call.operation, call.operation)
                if (name := f"{IAM_NAMES.get(call.service, call.service)}:{operation}") not in declared:
                    found.add((function, name))
        return found


@contextmanager
def buyer(*, sweeps: bool = False, asked: bool = True, **options: Any) -> Iterator[Buyer]:
    """Deploy the product with all that a purchase needs. Unless a block is to be served, its sweep is switched off.

    What must never be is held against every story, once it is over; `asked`: that people approved what was bought.
    """
    parameters = {"EnablePurchases": "true", **options.pop("parameters", {})}
    own = {"start": NOW, "assumptions": QUICK, "sandboxes": SANDBOXES, **options}
    with staged(parameters=parameters, **own) as stage:
        person = Buyer(stage=stage)
        person.put("/capacity-blocks/spending", "on")
        person.money()
        stage.group("train-a", tags={"capacity-blocks:instances": "2"})
        if not sweeps:
            switch_off_sweep(stage)
        yield person
        assert person.undeclared() == set()
        assert [each for each in person.tally().violations() if asked or "nobody approved" not in each] == []


def switch_off_sweep(stage: Stage) -> None:
    """Let nobody look after blocks: for stories that are about money alone."""
    scheduler = stage.client("scheduler")
    for each in scheduler.list_schedules()["Schedules"]:
        if "ReconcileFunction" in each["Target"]["Arn"]:
            scheduler.delete_schedule(Name=each["Name"], GroupName=each["GroupName"])
