"""What a life of extensions came to, and what must never be: read from EC2's own books and from the ledger's rows."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulator.capacity_blocks.extension import Extension, ExtensionStatus
from simulator.purchase_sale import intent_id
from simulator.world import World

MACHINE = "ExtensionStateMachine"
# What is said last of an intent that has come to its end.
LAST_WORDS = {
    "rejected": {"extension-rejected"},
    "refused": {"extension-refused"},
    "paid": {"extension-paid"},
    "payment failed": {"extension-payment-failed"},
    "not found": {"extension-not-found"},
    "closed": {"extension-expired", "extension-not-bought", "purchase-request-failed"},
}
STOPPED = "its workflow is"  # how a request ends that a workflow leaves behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """An extension that EC2 sold, as it was when this was counted."""

    offering_id: str
    reservation_id: str
    at: datetime
    start: datetime
    end: datetime
    fee: Decimal
    status: ExtensionStatus

    def is_of(self, intent: Mapping[str, Any]) -> bool:
        """Whether an intent is for exactly this, at no less than its fee."""
        terms, whole = intent["terms"], intent["terms"]["whole"]
        span = tuple(datetime.fromisoformat(whole[name]) for name in ("start", "end"))
        return (terms["extends"], *span) == (self.reservation_id, self.start, self.end) and self.fee <= Decimal(
            whole["upfront_fee"]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """`ours` are the extensions that the product's functions bought, `by_hand` all others."""

    executions: Mapping[str, tuple[str, str]]  # by ARN: status, and its words
    ours: tuple[Sold, ...]
    by_hand: tuple[Sold, ...]
    requests: tuple[dict[str, Any], ...]
    intents: tuple[dict[str, Any], ...]
    entries: Mapping[str, Mapping[str, Any]]
    notices: tuple[tuple[str, str], ...]  # kind, and the intent or execution that it is about
    dead_letters: int

    @property
    def is_settled(self) -> bool:
        is_running = any(status == "RUNNING" for status, _ in self.executions.values())
        return bool(self.executions) and not is_running and all(each["state"] in LAST_WORDS for each in self.intents)

    @property
    def failed(self) -> tuple[str, ...]:
        """The ARNs of the executions that may be redriven."""
        return tuple(arn for arn, (status, _) in self.executions.items() if status != "SUCCEEDED")

    def violations(self) -> Iterator[str]:
        if not self.is_settled:
            yield "it never came to an end"
        yield from self.sold_too_much()
        yield from self._misfits()
        yield from self._money()
        yield from self._words()

    def sold_too_much(self) -> Iterator[str]:
        """Return what must never be at any moment, however broken the rest is."""
        attempts = [each for each in self.intents if each["attempted_at"] is not None]
        if len(self.ours) > len(attempts):
            yield f"{len(self.ours)} extensions were bought with {len(attempts)} attempts on record"
        per_end = Counter((each.reservation_id, each.start) for each in self.ours if not _has_failed(each))
        yield from (
            f"{which} was extended {count} times from {start}" for (which, start), count in per_end.items() if count > 1
        )

    def _misfits(self) -> Iterator[str]:
        """Hold each sale against the intents that were attempted: one alone, approved, and knowing of it."""
        for sold in self.ours:
            own = [each for each in self.intents if _may_have_bought(each) and sold.is_of(each)]
            near = [
                each
                for each in own
                if abs(datetime.fromisoformat(each["attempted_at"]) - sold.at).total_seconds() < 120
            ]
            if len(near) != 1:
                yield f"{sold.offering_id} was sold to {[intent_id(each) for each in near] or 'nobody that is known'}"
                continue
            if not near[0]["approvals"]:
                yield f"{intent_id(near[0])}: nobody approved it"
            if near[0]["reservation_ids"] != [sold.reservation_id]:
                yield f"{intent_id(near[0])}: {sold.offering_id} was bought, and it does not know of it"

    def _money(self) -> Iterator[str]:
        """Hold the book against what EC2 sold to us."""
        standing = {True: "committed", False: "released"}
        for intent in self.intents:
            entry = self.entries.get(intent_id(intent), {"standing": "released"})
            expected = standing[intent["state"] == "paid"]
            if entry["standing"] != expected and intent["state"] != "not found":
                yield f"{intent_id(intent)}: its money is {entry['standing']}, and should be {expected}"
        committed = sum(Decimal(e["amount"]) for e in self.entries.values() if e["standing"] == "committed")
        paid = sum(each.fee for each in self.ours if each.status is ExtensionStatus.PAYMENT_SUCCEEDED)
        if committed < paid or (committed > paid and not self.by_hand):  # one by hand may be taken for ours, once
            yield f"the book has {committed} spent, and EC2 took {paid}"

    def _words(self) -> Iterator[str]:
        over = {row["execution"] for row in self.requests if "ended" in row and not row["ended"].startswith(STOPPED)}
        for arn, (status, words) in self.executions.items():
            if not words and status != "ABORTED":
                yield f"{arn} is {status} without a word"
            about = {kind for kind, subject in self.notices if subject.endswith(arn)}
            is_told = "purchase-request-failed" in about or self.dead_letters  # these raise an alarm
            if status != "SUCCEEDED" and not is_told and arn not in over:
                yield f"nobody was told that {arn} is {status}"
        failed = {kind for kind, _ in self.notices if kind == "purchase-request-failed"}
        for intent in self.intents:
            said = {kind for kind, subject in self.notices if subject == intent_id(intent)}
            if not LAST_WORDS.get(intent["state"], set()) & (said | failed):
                yield f"nobody was told that {intent_id(intent)} is {intent['state']}"


def tally(world: World, by_hand: Collection[str] = ()) -> Tally:
    """Count what there is now: extensions of every Region, rows of the ledger, executions, notices."""
    rows = world.client("dynamodb").scan(TableName=world.physical_id("Ledger"), ConsistentRead=True)["Items"]
    intents = [json.loads(row["intent"]["S"]) for row in rows if row["kind"]["S"].startswith("intent#extend-")]
    books = [json.loads(row["book"]["S"]) for row in rows if row["kind"]["S"] == "budget"]
    sold = [_sold(each) for region in world.regions.values() for each in region.engine.extensions]
    return Tally(
        executions=dict(_executions(world)),
        ours=tuple(each for each in sold if each.offering_id not in by_hand),
        by_hand=tuple(each for each in sold if each.offering_id in by_hand),
        requests=tuple(
            _plain(row) for row in rows if row["kind"]["S"] == "request" and row["key"]["S"].startswith("extend-")
        ),
        intents=tuple(sorted(intents, key=lambda each: (each["request_id"], each["number"]))),
        entries={e["intent_id"]: e for book in books for e in book["entries"] if e["intent_id"].startswith("extend-")},
        notices=tuple((notice.facts["kind"], _subject(notice.facts["facts"])) for notice in world.notices),
        dead_letters=_dead_letters(world),
    )


def _may_have_bought(intent: Mapping[str, Any]) -> bool:
    return intent["attempted_at"] is not None and intent["state"] != "refused"


def _has_failed(sold: Sold) -> bool:
    return sold.status is ExtensionStatus.PAYMENT_FAILED


def _sold(extension: Extension) -> Sold:
    offering = extension.offering
    return Sold(
        offering_id=offering.offering_id,
        reservation_id=offering.reservation_id,
        at=extension.purchased,
        start=offering.start,
        end=offering.end,
        fee=offering.fee,
        status=extension.status,
    )


def _executions(world: World) -> Iterator[tuple[str, tuple[str, str]]]:
    client = world.client("stepfunctions")
    for each in client.list_executions(stateMachineArn=world.physical_id(MACHINE))["executions"]:
        said = client.describe_execution(executionArn=each["executionArn"])
        words = said.get("output") or f"{said.get('error', '')} {said.get('cause', '')}".strip()
        yield each["executionArn"], (said["status"], words)


def _dead_letters(world: World) -> int:
    queue, count = world.physical_id("DeadLetters"), "ApproximateNumberOfMessages"
    return int(world.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[count])["Attributes"][count])


def _subject(facts: dict[str, str]) -> str:
    return facts.get("Intent") or facts.get("Execution", "")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in row.items()}
