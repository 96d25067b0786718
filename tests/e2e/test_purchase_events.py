"""The workflow of purchases runs from the files in events/, and each execution ends in words that a person can read."""

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.function_url import UrlAnswer
from simulator.template import local_path
from tests.e2e.stage import IAM_SERVICES, ROOT, Stage, staged
from tests.template.stack import of_type

NOW = datetime(2027, 4, 20, 9, tzinfo=UTC)
ADA, EVE = "arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/eve"
MONEY = {
    "most_per_purchase": "60000",
    "monthly_budget": "250000",
    "two_approvers_above": "100000",
    "approvers": [ADA],
}
IAM_NAMES = {**IAM_SERVICES, "service-quotas": "servicequotas", "stepfunctions": "states"}
EVENTS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A person at the console, before a stack that may buy."""

    stage: Stage

    def put(self, name: str, value: str) -> None:
        self.stage.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def start(self, request: Mapping[str, Any]) -> str:
        machine, client = self.stage.world.physical_id("PurchaseStateMachine"), self.stage.client("stepfunctions")
        return str(client.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"])

    def asked(self) -> dict[str, Any]:
        """Return the intent that was asked about last, as the notices name it."""
        client, ledger = self.stage.client("dynamodb"), self.stage.world.physical_id("Ledger")
        rows = client.scan(TableName=ledger)["Items"]
        [row] = [row for row in rows if row["kind"]["S"].startswith("intent#") and "intent" in row]
        document: dict[str, Any] = json.loads(row["intent"]["S"])
        return document

    def decide(self, word: str, by: str = ADA) -> UrlAnswer:
        """Answer the question by the command of its notice."""
        [question] = [notice.text for notice in self.stage.world.notices if f'"decision": "{word}"' in notice.text]
        start = question.index('{"intent_id"')
        body = json.loads(question[start : question.index("}", start) + 1]) | {"decision": word}
        return self.stage.world.call_url("DecidePurchaseFunction", body, caller_arn=by)

    def wait(self, span: timedelta) -> None:
        self.stage.world.run_for(span)

    def end(self, execution: str) -> tuple[str, str, dict[str, Any]]:
        """Return how an execution ended: its status, its last state, and how it is described."""
        client = self.stage.client("stepfunctions")
        history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        states = [e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e]
        described: dict[str, Any] = client.describe_execution(executionArn=execution)
        return described["status"], states[-1], described

    def bought(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.stage.engine().look("DescribeCapacityReservations")["CapacityReservations"]
        return found


@contextmanager
def buyer(*, purchases: str = "true", spending: str = "on", money: Any = MONEY) -> Iterator[Buyer]:
    with staged(parameters={"EnablePurchases": purchases}, start=NOW) as stage:
        person = Buyer(stage=stage)
        person.put("/capacity-blocks/spending", spending)
        person.put("/capacity-blocks/pools/training", json.dumps({"money": money} if money else {}))
        stage.group()
        yield person
        assert undeclared(stage) == set()


def undeclared(stage: Stage) -> set[tuple[str, str]]:
    """Return the calls of each function that nothing it is made of declares."""
    found = set[tuple[str, str]]()
    for function, properties in of_type("AWS::Lambda::Function").items():
        root = importlib.import_module(f"capacity_blocks.bootstrap.{local_path(properties['Code']).name}")
        allowed = {p for adapter in root.ADAPTERS for p in adapter.PERMISSIONS}
        allowed |= {p for reader in getattr(root, "READERS", ()) for p in reader.READ_PERMISSIONS}
        calls = {
            f"{IAM_NAMES.get(c.service, c.service)}:{c.operation}" for c in stage.world.calls.of(function) if c.caller
        }
        found |= {(function, call) for call in calls - allowed - {"dynamodb:TransactWriteItems"}}  # it asks for PutItem
    return found


def test_a_request_becomes_a_paid_block_of_its_pool() -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request"])
        person.wait(HOUR / 60)
        assert person.decide("approve").status == 200
        person.wait(13 * HOUR)

        status, last, described = person.end(execution)
        [block] = person.bought()
        tags = {tag["Key"]: tag["Value"] for tag in block["Tags"]}
        assert (status, last) == ("SUCCEEDED", "The block is paid and handed to its pool")
        assert json.loads(described["output"])["told"] == "EC2 has taken the fee"
        assert (tags["capacity-blocks:pool"], tags["capacity-blocks:approved-by"]) == ("training", ADA)
        assert "timeline" in person.stage.kinds()  # reconcile has bound it
        assert person.stage.failures() == []


def test_a_dry_run_shows_what_it_would_ask_and_buy_and_leaves_nothing() -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request-dry-run"])
        person.wait(HOUR)

        status, last, described = person.end(execution)
        assert (status, last) == ("SUCCEEDED", "It was a dry run and nothing was asked or bought")
        assert "8 x p5.48xlarge for 168 hours" in json.loads(described["output"])["told"]
        assert (person.bought(), person.stage.kinds()) == ([], [])


def test_ultraservers_for_a_pool_that_has_no_place_for_them_are_not_looked_for() -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request-ultraservers"])
        person.wait(HOUR)

        status, last, described = person.end(execution)
        assert (status, last) == ("FAILED", "It failed and told")
        assert described["cause"].startswith("pool adaptive has no target with a subnet in us-east-2; allowed: ")
        assert len(person.stage.kinds()) == 1


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"pool": 7}, "pool is 7; allowed: the name of a pool"),
        ({"most_upfront_fee": 60000.5}, "most_upfront_fee is 60000.5; allowed: "),
        ({"colour": "red"}, '"colour" is not a field'),
    ],
)
def test_a_request_that_says_nonsense_is_told_what_is_wrong_with_it(changed: dict[str, Any], cause: str) -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request"] | changed)
        person.wait(HOUR / 60)

        status, last, described = person.end(execution)
        assert (status, last, described["error"]) == ("FAILED", "It failed and told", "PurchaseRequestError")
        assert cause in described["cause"]
        assert person.bought() == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"purchases": "false"}, "spending is not switched on"),
        ({"spending": "off"}, "spending is not switched on"),
        ({"money": None}, "pool training has no section money"),
        ({"money": {**MONEY, "most_per_purchase": "40000"}}, "nothing on sale"),
    ],
    ids=["not enabled", "switched off", "no settings for money", "dearer than the pool may spend"],
)
def test_what_stands_in_the_way_of_a_purchase_is_told(options: dict[str, Any], told: str) -> None:
    with buyer(**options) as person:
        execution = person.start(EVENTS["purchase-request"])
        person.wait(HOUR)

        status, last, described = person.end(execution)
        assert (status, last) == ("SUCCEEDED", "Nothing was bought")
        assert told in json.loads(described["output"])["told"]
        assert (person.bought(), len(person.stage.kinds())) == ([], 1)


def test_a_rejected_offering_is_not_bought() -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request"])
        person.wait(HOUR / 60)
        assert person.decide("reject").status == 200
        person.wait(HOUR)

        status, last, described = person.end(execution)
        assert (status, last) == ("SUCCEEDED", "Nothing was bought")
        assert json.loads(described["output"])["told"] == f"rejected by {ADA}"
        assert person.bought() == []


def test_who_is_not_an_approver_is_turned_away_and_time_runs_out() -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request"])
        person.wait(HOUR / 60)
        answer = person.decide("approve", by=EVE)
        person.wait(13 * HOUR)

        status, last, described = person.end(execution)
        assert (answer.status, answer.body["told"]) == (
            409,
            f"Not approved: {EVE} is not one of the pool's approvers.",
        )
        assert (status, last) == ("SUCCEEDED", "Nothing was bought")
        assert json.loads(described["output"])["told"] == "it was not approved in time"
        assert person.bought() == []


def test_a_request_that_is_started_twice_is_one_request() -> None:
    with buyer() as person:
        first = person.start(EVENTS["purchase-request"])
        second = person.start(EVENTS["purchase-request"])
        person.wait(HOUR / 60)
        person.decide("approve")
        person.wait(13 * HOUR)

        ends = {person.end(execution)[1] for execution in (first, second)}
        assert ends == {"The block is paid and handed to its pool", "Another execution has the request"}
        assert len(person.bought()) == 1


def test_a_workflow_that_somebody_stops_gives_back_what_it_held() -> None:
    with buyer() as person:
        execution = person.start(EVENTS["purchase-request"])
        person.wait(HOUR / 60)
        before = person.stage.kinds()
        person.stage.client("stepfunctions").stop_execution(executionArn=execution, cause="a person changed their mind")
        person.wait(HOUR / 60)
        answer = person.decide("approve")
        person.wait(HOUR)

        assert person.end(execution)[0] == "ABORTED"
        assert (answer.status, person.asked()["state"]) == (409, "closed")
        assert len(person.stage.kinds()) == len(before) + 1
        assert person.bought() == []
