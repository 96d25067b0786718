"""Lines of the timeline: what the application did and said, and what EC2 did, each told once and in words."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.demo import audit, ledger
from simulator.demo.actor import Actor
from simulator.demo.axis import duration
from simulator.demo.onlooker import Sight
from simulator.demo.recording import Entry, Mark, Severity
from simulator.world import World

# Two runs may do the same at one moment, each for itself: it is told once.
_AT_ONCE = timedelta(seconds=15)
_AS_ASKED = frozenset({"done", "bound", "free", "started"})
_TOLD_ELSEWHERE = frozenset({"Say", "Drain"})  # a notice tells itself, and drains of many nodes are told together
_STATES = {
    "CapacityBlockScheduled": "is paid: scheduled",
    "CapacityBlockActive": "is active",
    "CapacityBlockPaymentFailed": "could not be paid and is released",
    "CapacityBlockFailed": "failed",
    "CapacityBlockExpired": "has ended",
}


def notices(world: World) -> Iterator[Entry]:
    """Yield every notice as its readers got it."""
    for notice in world.notices:
        facts: Mapping[str, Any] = notice.facts or {}
        yield Entry(
            at=notice.at,
            actor=Actor.AUTOPILOT,
            what=str(facts.get("title") or notice.subject),
            why=_gist(notice.text, facts),
            pool=str(facts.get("pool") or ""),
            severity=Severity(facts.get("severity", "info")),
            reservation_id=facts.get("reservation_id"),
            mark=Mark.QUESTION if facts.get("kind") in audit.ASKS else None,
        )


def _gist(text: str, facts: Mapping[str, Any]) -> str:
    """Return the first paragraph of a notice, how the budget stands, and what is to be done."""
    first = str(facts.get("text", text)).partition("\n\n")[0].replace("\n- ", " ")
    said = [first if first.endswith((".", ":", "!")) else f"{first}."]
    if budget := (facts.get("facts") or {}).get("Budget"):
        said.append(f"Budget: {budget}.")
    if (next_step := facts.get("next_step", "")) != "Nothing to do.":
        said.append(next_step)
    return " ".join(said)


def deeds(world: World, pools: Mapping[str, str]) -> Iterator[Entry]:
    """Yield what the application did, from the history that it keeps of each block in its ledger."""
    done: dict[str, datetime] = {}
    for entry in sorted(_history(world, pools), key=lambda each: each.at):
        if entry.what not in done or entry.at - done[entry.what] > _AT_ONCE:
            yield entry
        done[entry.what] = entry.at


def _history(world: World, pools: Mapping[str, str]) -> Iterator[Entry]:
    for reservation_id, key, row in ledger.rows(world, "history"):
        line = ledger.line(row)
        if line.get("did", "Say") in _TOLD_ELSEWHERE:  # without "did" it is of an intent
            continue
        yield Entry(
            at=datetime.fromisoformat(key.partition("#")[0]).astimezone(UTC),
            actor=Actor.AUTOPILOT,
            what=_deed(line, reservation_id),
            why=f"because {line['reason']}" if line.get("reason") else "",
            pool=pools.get(reservation_id, ""),
            reservation_id=reservation_id,
        )


def states(world: World, blocks: Mapping[str, Sight]) -> Iterator[Entry]:
    """Yield the states that EC2 moved blocks through, and its warnings, from the events that it sent."""
    for fact, event in zip(world.journal.of("event"), world.events, strict=True):
        detail = event["detail"]
        match event["detail-type"]:
            case "AWS Service Event via CloudTrail" if detail["eventName"] in _STATES:
                reservation_id = detail["serviceEventDetails"]["capacityReservationId"]
                name = detail["eventName"]
                sight = blocks.get(reservation_id)
                late = f"{duration(fact.at - sight.start)} after its start" if sight and name.endswith("Active") else ""
                yield _of_ec2(fact.at, f"{reservation_id} {_STATES[name]}", late, reservation_id, blocks)
            case "Capacity Block Expiration Warning" | "Capacity Block Reservation Expiration Warning":
                reservation_id = detail["capacity-reservation-id"]
                what = f"warns that {reservation_id} ends at {detail['end-date']}"
                yield _of_ec2(fact.at, what, "", reservation_id, blocks)
            case "Capacity Block Delivered" | "Capacity Block Reservation Delivered":
                reservation_id = detail["capacity-reservation-id"]
                if reservation_id not in blocks:
                    what = f"an event says that {reservation_id} was delivered, which nobody has"
                    yield _of_ec2(fact.at, what, "an event is a hint, never believed: it does no harm", None, blocks)
            case _:
                pass
    for sight in blocks.values():
        if sight.moved_at is not None:
            what = f"{sight.reservation_id} is extended: its end moves to {sight.end:%Y-%m-%d %H:%M}"
            yield _of_ec2(sight.moved_at, what, "the extension is paid", sight.reservation_id, blocks)


def active_at(world: World) -> dict[str, datetime]:
    """Return when EC2 said active, for each block that became so, to the millisecond."""
    found = {}
    for fact, event in zip(world.journal.of("event"), world.events, strict=True):
        if event["detail"].get("eventName") == "CapacityBlockActive":
            found[event["detail"]["serviceEventDetails"]["capacityReservationId"]] = fact.at
    return found


def _of_ec2(at: datetime, what: str, why: str, reservation_id: str | None, blocks: Mapping[str, Sight]) -> Entry:
    pool = blocks[reservation_id].pool if reservation_id is not None and reservation_id in blocks else ""
    return Entry(at=at, actor=Actor.EC2, what=what, why=why, pool=pool, reservation_id=reservation_id)


def _deed(line: Mapping[str, str], reservation_id: str) -> str:
    """Say what a line of the history did, in a few words."""
    target = line.get("target", "")
    match line["did"]:
        case "Bind":
            what = f"binds {target} to {reservation_id}"
        case "Unbind":
            what = f"sets {target} free from {reservation_id}"
        case "Scale":
            what = f"sets {target} to {line['desired']} (min {line['minimum']}, max {line['maximum']})"
        case "PutScheduledAction":
            what = f"gives {target} the native action {line['scheduled']}"
        case "DeleteScheduledAction":
            what = f"deletes the native action {line['name']} of {target}"
        case "PutHook":
            what = f"has the instances of {target} wait for their drain when they terminate, by a lifecycle hook"
        case "WarnNodes":
            what = f"has the nodes of {target} warned"
        case "ResumeLaunch":
            what = f"resumes the launches of {target}"
        case other:
            what = f"{other} on {target}"
    return what if line["outcome"] in _AS_ASKED else f"{what} ({line['outcome']})"
