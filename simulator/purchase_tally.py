"""What a life of purchases came to, and what must never be: read from EC2's own books and from the ledger's rows."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from simulator.capacity_blocks.holdings import Sale
from simulator.capacity_blocks.reservation import SIZE_TAG
from simulator.world import World

TAG = "capacity-blocks:intent"
PAID = frozenset({"scheduled", "active", "expired"})
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
MOST = Decimal(2000)
OVER = frozenset(LAST_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    arn: str
    machine: str
    status: str
    words: str  # its outcome, or its error and cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A reservation, be it sold or approved."""

    instance_type: str
    instances: int
    zone: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A sale, with what its reservations say."""

    sale: Sale
    intents: frozenset[str]  # by the tag
    parts: tuple[Part, ...]
    is_paid: bool


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

    def violations(self) -> Iterator[str]:
        if not self.is_settled:
            yield "it never came to an end"
        yield from self._sales()
        yield from self._money()
        yield from self._words()

    def _sales(self) -> Iterator[str]:
        known = {_id(each): each for each in self.intents}
        per_intent = Counter(intent for each in self.bought for intent in each.intents)
        per_request = Counter(known[intent]["request_id"] for intent in per_intent.elements() if intent in known)
        yield from (f"{each} bought {count} times" for each, count in (per_intent + per_request).items() if count > 1)
        if len(self.bought) > 1:
            yield f"{len(self.bought)} purchases for one need"
        for each in self.bought:
            yield from _misfits(each, [known[intent] for intent in each.intents if intent in known])

    def _money(self) -> Iterator[str]:
        """Hold each entry of the book against what EC2 sold."""
        for intent in self.intents:
            entry = self.entries.get(_id(intent), {"standing": "released", "amount": "0"})
            sold = [each for each in self.bought if _id(intent) in each.intents]
            expected = "committed" if any(each.is_paid for each in sold) else "released"
            if entry["standing"] != expected and intent["state"] != "not found":
                yield f"{_id(intent)}: its money is {entry['standing']}, and should be {expected}"
        committed = sum(Decimal(e["amount"]) for e in self.entries.values() if e["standing"] == "committed")
        paid = sum(each.sale.fee for each in self.bought if each.is_paid)
        if committed != paid:
            yield f"the book has {committed} spent, and EC2 took {paid}"

    def _words(self) -> Iterator[str]:
        for execution in self.executions:
            if not execution.words and execution.status != "ABORTED":  # who aborts one need not say why
                yield f"{execution.machine} is {execution.status} without a word"
            about = {kind for kind, subject in self.notices if subject.endswith(execution.arn)}
            is_told = "purchase-request-failed" in about or self.dead_letters  # these raise an alarm
            if execution.status != "SUCCEEDED" and not is_told:
                yield f"nobody was told that {execution.machine} is {execution.status}"
        for intent in self.intents:
            said = {kind for kind, subject in self.notices if subject == _id(intent)}
            failed = {kind for kind, _ in self.notices if kind == "purchase-request-failed"}
            if not LAST_WORDS.get(intent["state"], set()) & (said | failed):
                yield f"nobody was told that {_id(intent)} is {intent['state']}"


def _misfits(bought: Bought, intents: list[dict[str, Any]]) -> Iterator[str]:
    """Return in what a sale is not what one intent approved and knows of."""
    if len(bought.intents) != 1 or len(intents) != 1:
        yield f"{bought.sale.offering_id} was sold to {sorted(bought.intents) or 'nobody that is known'}"
        return
    [intent] = intents
    fee, parts = Decimal(intent["terms"]["whole"]["upfront_fee"]), _approved(intent["terms"])
    if (bought.sale.fee, bought.parts) != (fee, parts):
        yield f"{_id(intent)}: {bought.parts} for {bought.sale.fee} was sold to it, and {parts} for {fee} was approved"
    if not intent["approvals"] or bought.sale.fee > MOST:
        yield f"{_id(intent)}: bought over its limit or without an approval"
    if unknown := set(bought.sale.reservation_ids) - set(intent["reservation_ids"]):
        yield f"{_id(intent)}: {', '.join(sorted(unknown))} was bought, and it does not know of it"


def _approved(terms: dict[str, Any]) -> tuple[Part, ...]:
    return tuple(
        Part(
            instance_type=each["instance_type"],
            instances=each["instance_count"],
            zone=each["availability_zone"],
            start=datetime.fromisoformat(each["start"]),
            end=datetime.fromisoformat(each["end"]),
        )
        for each in terms["segments"] or [terms["whole"]]
    )


def tally(world: World) -> Tally:
    """Count what there is now: sales of every Region, rows of the ledger, executions, notices."""
    rows = world.client("dynamodb").scan(TableName=world.physical_id("Ledger"), ConsistentRead=True)["Items"]
    intents = [json.loads(row["intent"]["S"]) for row in rows if row["kind"]["S"].startswith("intent#")]
    books = [json.loads(row["book"]["S"]) for row in rows if row["kind"]["S"] == "budget"]
    executions = tuple(_executions(world))
    is_running = any(each.status == "RUNNING" for each in executions)
    return Tally(
        executions=executions,
        bought=tuple(_bought(world)),
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


def _bought(world: World) -> Iterator[Bought]:
    for region in world.regions.values():
        for sale in region.engine.sales:
            found = region.engine.look("DescribeCapacityReservations", CapacityReservationIds=[*sale.reservation_ids])
            reservations = found["CapacityReservations"]
            tags = [{tag["Key"]: tag["Value"] for tag in each.get("Tags", ())} for each in reservations]
            yield Bought(
                sale=sale,
                intents=frozenset(each[TAG] for each in tags if TAG in each),
                parts=tuple(
                    Part(
                        instance_type=each["InstanceType"],
                        instances=int(tags_of[SIZE_TAG]),
                        zone=each["AvailabilityZone"],
                        start=each["StartDate"],
                        end=each["EndDate"],
                    )
                    for each, tags_of in zip(reservations, tags, strict=True)
                ),
                is_paid=any(each["State"] in PAID for each in reservations),
            )


def _dead_letters(world: World) -> int:
    queue, count = world.physical_id("DeadLetters"), "ApproximateNumberOfMessages"
    return int(world.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[count])["Attributes"][count])


def _subject(facts: dict[str, str]) -> str:
    return facts.get("Intent") or facts.get("Execution", "")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in row.items()}


def _id(intent: dict[str, Any]) -> str:
    """Name an intent as its notices do: the request, its number, and the beginning of the hash of its terms."""
    terms = json.dumps(intent["terms"], sort_keys=True, separators=(",", ":"))
    return f"{intent['request_id']}-{intent['number']}-{sha256(terms.encode()).hexdigest()[:16]}"
