"""What a life of purchases came to, and what must never be: read from EC2's own books and from the ledger's rows."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulator.purchase_sale import Bought, bought, intent_id, misfits
from simulator.world import World

MACHINES = ("PurchaseStateMachine", "PurchaseIntentStateMachine")
# What is said last of an intent that has come to its end.
LAST_WORDS = {
    "rejected": {"purchase-rejected"},
    "refused": {"purchase-refused"},
    "paid": {"purchase-paid"},
    "payment failed": {"purchase-payment-failed"},
    "not found": {"purchase-not-found"},
    "closed": {"purchase-expired", "purchase-not-bought", "purchase-request-failed"},
}
OVER = frozenset(LAST_WORDS)
STOPPED = "its workflow is"  # how a request ends that a workflow leaves behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    arn: str
    machine: str
    status: str
    words: str  # its outcome, or its error and cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    executions: tuple[Execution, ...]
    bought: tuple[Bought, ...]
    requests: tuple[dict[str, Any], ...]
    intents: tuple[dict[str, Any], ...]
    entries: dict[str, dict[str, Any]]
    notices: tuple[tuple[str, str], ...]  # kind, and the intent or execution that it is about
    dead_letters: int  # events that no run of a function could take
    is_settled: bool

    @property
    def failed(self) -> tuple[str, ...]:
        """The ARNs of the executions that may be redriven."""
        return tuple(each.arn for each in self.executions if each.status != "SUCCEEDED")

    def violations(self) -> Iterator[str]:
        if not self.is_settled:
            yield "it never came to an end"
        yield from self.sold_too_much()
        for each in self.bought:
            yield from misfits(each, [intent for intent in self.intents if intent_id(intent) in each.intents])
        yield from self._money()
        yield from self._words()

    def sold_too_much(self) -> Iterator[str]:
        """Return what must never be at any moment, however broken the rest is."""
        known = {intent_id(each): each for each in self.intents}
        per_intent = Counter(intent for each in self.bought for intent in each.intents)
        per_request = Counter(known[intent]["request_id"] for intent in per_intent.elements() if intent in known)
        yield from (f"{each} bought {count} times" for each, count in (per_intent + per_request).items() if count > 1)
        if len(self.bought) > 1:
            yield f"{len(self.bought)} purchases for one need"

    def _money(self) -> Iterator[str]:
        """Hold each entry of the book against what EC2 sold."""
        for intent in self.intents:
            entry = self.entries.get(intent_id(intent), {"standing": "released", "amount": "0"})
            sold = [each for each in self.bought if intent_id(intent) in each.intents]
            expected = "committed" if any(each.is_paid for each in sold) else "released"
            if entry["standing"] != expected and intent["state"] != "not found":
                yield f"{intent_id(intent)}: its money is {entry['standing']}, and should be {expected}"
        committed = sum(Decimal(e["amount"]) for e in self.entries.values() if e["standing"] == "committed")
        paid = sum(each.sale.fee for each in self.bought if each.is_paid)
        if committed != paid:
            yield f"the book has {committed} spent, and EC2 took {paid}"

    def _words(self) -> Iterator[str]:
        over = {row["execution"] for row in self.requests if "ended" in row and not row["ended"].startswith(STOPPED)}
        for execution in self.executions:
            if not execution.words and execution.status != "ABORTED":  # who aborts one need not say why
                yield f"{execution.machine} is {execution.status} without a word"
            about = {kind for kind, subject in self.notices if subject.endswith(execution.arn)}
            is_told = "purchase-request-failed" in about or self.dead_letters  # these raise an alarm
            # Who stops a workflow in the last step of a request that has ended stops nothing.
            if execution.status != "SUCCEEDED" and not is_told and execution.arn not in over:
                yield f"nobody was told that {execution.machine} is {execution.status}"
        for intent in self.intents:
            said = {kind for kind, subject in self.notices if subject == intent_id(intent)}
            failed = {kind for kind, _ in self.notices if kind == "purchase-request-failed"}
            if not LAST_WORDS.get(intent["state"], set()) & (said | failed):
                yield f"nobody was told that {intent_id(intent)} is {intent['state']}"


def tally(world: World) -> Tally:
    """Count what there is now: sales of every Region, rows of the ledger, executions, notices."""
    rows = world.client("dynamodb").scan(TableName=world.physical_id("Ledger"), ConsistentRead=True)["Items"]
    intents = [json.loads(row["intent"]["S"]) for row in rows if row["kind"]["S"].startswith("intent#")]
    books = [json.loads(row["book"]["S"]) for row in rows if row["kind"]["S"] == "budget"]
    executions = tuple(_executions(world))
    is_running = any(each.status == "RUNNING" for each in executions)
    return Tally(
        executions=executions,
        bought=tuple(bought(world)),
        requests=tuple(_plain(row) for row in rows if row["kind"]["S"] == "request"),
        intents=tuple(intents),
        entries={entry["intent_id"]: entry for book in books for entry in book["entries"]},
        notices=tuple((notice.facts["kind"], _subject(notice.facts["facts"])) for notice in world.notices),
        dead_letters=_dead_letters(world),
        is_settled=bool(executions) and not is_running and all(each["state"] in OVER for each in intents),
    )


def _executions(world: World) -> Iterator[Execution]:
    client = world.client("stepfunctions")
    for machine in MACHINES:
        for each in client.list_executions(stateMachineArn=world.physical_id(machine))["executions"]:
            arn = each["executionArn"]
            said = client.describe_execution(executionArn=arn)
            words = said.get("output") or f"{said.get('error', '')} {said.get('cause', '')}".strip()
            yield Execution(arn=arn, machine=machine, status=said["status"], words=words)


def _dead_letters(world: World) -> int:
    queue, count = world.physical_id("DeadLetters"), "ApproximateNumberOfMessages"
    return int(world.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[count])["Attributes"][count])


def _subject(facts: dict[str, str]) -> str:
    return facts.get("Intent") or facts.get("Execution", "")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in row.items()}
