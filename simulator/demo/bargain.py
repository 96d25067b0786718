"""Lines of the timeline: purchases. What was found, each state of an intent, what EC2 was asked for and has sold."""

from collections.abc import Iterable, Iterator

from simulator.demo.actor import Actor
from simulator.demo.dealing import Intent, Offer, Request
from simulator.demo.recording import Entry, Mark

_NO_ANSWER = frozenset({"ConnectionClosedError", "ReadTimeoutError", "EndpointConnectionError", "ConnectionError"})
_BUYS = frozenset({"bought", "adopted"})
# What a dry run says of approval, and of what would forbid the purchase.
_REHEARSED = ("One of these", "Two different", "It would need", "Nobody could", "These would forbid")
_SHOWN = 3  # so many offerings a line of the timeline has room for; the page has all


def told(requests: Iterable[Request]) -> Iterator[Entry]:
    """Yield what became of each request, as the workflow, the ledger and EC2's own book have it."""
    for request in requests:
        if request.is_dry_run:
            yield from _rehearsed(request)
        else:
            yield from _found(request)
        for intent in request.intents:
            yield from _turns(request, intent)


def _rehearsed(request: Request) -> Iterator[Entry]:
    if request.chosen_at is not None:
        title, *paragraphs = request.told.split("\n\n")
        by_whom = [each.replace("\n- ", " ") for each in paragraphs if each.startswith(_REHEARSED)]
        *_, last = request.told.splitlines()[:-1]
        yield Entry(
            at=request.chosen_at,
            actor=Actor.AUTOPILOT,
            what=title,
            why=". ".join(each.rstrip(".") for each in (*by_whom, last)) + ".",
            pool=request.pool,
        )


def _found(request: Request) -> Iterator[Entry]:
    if request.searched_at is not None:
        kept = sum(offer.may_be_bought for offer in request.offers)
        refused = len(request.offers) - kept
        yield Entry(
            at=request.searched_at,
            actor=Actor.AUTOPILOT,
            what=f"finds {_counted(kept)} that may be bought, and {refused} that may not",
            why="; ".join(_offer(offer) for offer in request.offers[:_SHOWN]) or "; ".join(request.remarks),
            pool=request.pool,
        )


def _offer(offer: Offer) -> str:
    said = f"{offer.what} in {offer.zone} from {offer.start.partition(' = ')[0]} for {offer.hours} hours, {offer.fee}"
    return said if offer.may_be_bought else f"{said}, refused: {offer.verdict}"


def _turns(request: Request, intent: Intent) -> Iterator[Entry]:
    for turn in intent.turns:
        where = f"workflow in {turn.step!r}" if turn.step else "no workflow"
        is_word = turn.state == "approved" and "approved by" not in turn.reason
        mark = Mark.PURCHASE if turn.state in _BUYS else Mark.DECISION if is_word else None
        yield Entry(
            at=turn.at,
            actor=Actor.AUTOPILOT,
            what=f"purchase {request.request_id}, {intent.fee}: {turn.state}",
            why=f"{where}: {turn.reason}" if turn.reason else where,
            pool=request.pool,
            reservation_id=next(iter(intent.reservation_ids), None) if turn.state in _BUYS else None,
            mark=mark,
        )
        if turn.state == "attempting":
            yield from _sold(request, intent)


def _sold(request: Request, intent: Intent) -> Iterator[Entry]:
    """Tell EC2's side: what it sold, whether or not the application ever heard of it."""
    for sold in intent.sales:
        for reservation_id in sold.reservation_ids:
            yield Entry(
                at=sold.at,
                actor=Actor.EC2,
                what=f"sells {reservation_id} for {sold.fee}",
                why="it takes the fee later; until then the block is payment-pending",
                pool=request.pool,
                reservation_id=reservation_id,
            )
    for attempt in intent.attempts:
        if attempt.error in _NO_ANSWER and intent.sales:
            yield Entry(
                at=attempt.at,
                actor=Actor.NETWORK,
                what="loses EC2's reply to PurchaseCapacityBlock",
                why="the block is bought, and whoever bought it cannot know; to ask again would buy a second one",
                pool=request.pool,
            )


def _counted(number: int) -> str:
    return "1 offering" if number == 1 else f"{number} offerings"
