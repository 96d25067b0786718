"""Look into what purchases left behind: the workflow's passages, and the history of each intent in the ledger."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from simulator.demo import ledger, till
from simulator.demo.dealing import Attempt, Intent, Offer, Request, Sold, Step, Turn
from simulator.demo.passage import Outcome, Passage, Stop, passages
from simulator.world import World

_SEARCH, _CHOICE = "Search the offerings", "Choose an offering"
ASKS = frozenset({"purchase-asked", "extension-asked"})  # kinds of notices
# Two lines of a history may be of one instant: this is the way that an intent goes.
_WAY = (
    "asked", "approved", "rejected", "attempting", "refused", "unknown", "not found", "adopted", "bought",
    "payment pending", "paid", "payment failed", "closed",
)  # fmt: skip


def requests(world: World, intents_of: Mapping[str, str]) -> tuple[Request, ...]:
    """Return every request that was started. `intents_of` says which intent each reservation is tagged with."""
    children = {each.name: each for each in passages(world, "PurchaseIntentStateMachine")}
    lines_of, asked, attempts, sold = histories(world), questions(world), till.attempts(world), till.sales(world)
    found = []
    for passage in passages(world, "PurchaseStateMachine"):
        document = passage.given.get("request", passage.given)
        is_dry_run = bool(document.get("dry_run"))
        own = {} if is_dry_run else {k: v for k, v in lines_of.items() if request_of(k) == document["request_id"]}
        stops = sorted(
            (stop for each in (passage, *(children[k] for k in own if k in children)) for stop in each.stops),
            key=lambda stop: stop.at,
        )
        intents = tuple(
            intent(
                lines,
                stops,
                asked.get(k, ""),
                attempts.get(k, ()),
                [sale for sale in sold if k in {intents_of.get(each) for each in sale.reservation_ids}],
            )
            for k, lines in own.items()
        )
        found.append(_request(passage, document, stops, intents, is_dry_run=is_dry_run))
    return tuple(found)


def _request(
    passage: Passage,
    document: Mapping[str, Any],
    stops: Sequence[Stop],
    intents: tuple[Intent, ...],
    *,
    is_dry_run: bool,
) -> Request:
    search, choice = passage.outcomes.get(_SEARCH), passage.outcomes.get(_CHOICE)
    times = Counter(stop.name for stop in stops)
    first = {stop.name: stop.at for stop in reversed(stops)}
    return Request(
        request_id=str(document["request_id"]),
        pool=str(document["pool"]),
        document=document,
        is_dry_run=is_dry_run,
        started_at=passage.started_at,
        searched_at=search.at if search else None,
        offers=tuple(_offers(search)),
        remarks=tuple(_remarks(search)),
        chosen_at=choice.at if choice else None,
        told=str(choice.output["told"]) if choice else "",
        steps=tuple(
            Step(at=first[name], name=name, times=times[name]) for name in dict.fromkeys(s.name for s in stops)
        ),
        intents=intents,
    )


def _offers(search: Outcome | None) -> Iterator[Offer]:
    for kind in ("on_sale", "refused") if search else ():
        for shown in search.output[kind] if search else ():
            yield Offer(
                offering_id=shown["offering"],
                what=shown["what"],
                zone=shown["zone"],
                start=shown["start"],
                end=shown["end"],
                hours=shown["hours"],
                usable=shown["usable"],
                fee=shown["fee"],
                rate=shown["fee per usable hour"],
                verdict=shown["verdict"],
                may_be_bought=kind == "on_sale",
            )


def _remarks(search: Outcome | None) -> Iterator[str]:
    """Yield what the search says below its table: the order, and what was sold out, not offered or not asked."""
    if search:
        _, _, below = str(search.output["table"]).partition("\n\n")
        yield from below.splitlines()
        yield from search.output["warnings"]


def intent(
    lines: Sequence[Mapping[str, str]],
    stops: Sequence[Stop],
    question: str,
    attempts: Iterable[Attempt],
    sales: Iterable[Sold],
) -> Intent:
    """Return an intent by its history, with the states in which its workflow was, and what EC2 was asked and did."""
    last = lines[-1]
    return Intent(
        intent_id=last["intent"],
        offering_id=last["offering"],
        fee=last["fee"],
        question=question,
        approved_by=last["approved by"],
        turns=tuple(
            Turn(at=_at(each), state=each["state"], reason=each["reason"], step=_step(stops, _at(each)))
            for each in lines
        ),
        reservation_ids=tuple(last["reservations"].split(", ")) if last["reservations"] else (),
        attempts=tuple(attempts),
        sales=tuple(sales),
    )


def _step(stops: Sequence[Stop], at: datetime) -> str:
    """Return the state in which the workflow was: what is written at an instant was begun before it."""
    return next((stop.name for stop in reversed(stops) if stop.takes_time and stop.at < at), "")


def histories(world: World) -> dict[str, list[dict[str, str]]]:
    """Return the history of each intent by its id, in the order in which they began."""
    found: dict[str, list[dict[str, str]]] = {}
    for intent_id, _, row in ledger.rows(world, "history"):
        line = ledger.line(row)
        if "intent" in line:  # else it is of a reservation
            found.setdefault(intent_id, []).append(line)
    for lines in found.values():
        lines.sort(key=lambda line: (_at(line), _WAY.index(line["state"])))
    return dict(sorted(found.items(), key=lambda pair: (_at(pair[1][0]), pair[0])))


def questions(world: World) -> dict[str, str]:
    """Return the question about each intent, as it came by mail."""
    asked = (notice for notice in world.notices if (notice.facts or {}).get("kind") in ASKS)
    return {notice.facts["facts"]["Intent"]: notice.text for notice in asked}


def request_of(intent_id: str) -> str:
    """Return the request that an intent is of: its id begins with it."""
    return intent_id.rsplit("-", 2)[0]


def _at(line: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(line["at"]).astimezone(UTC)
