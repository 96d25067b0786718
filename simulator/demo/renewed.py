"""Look into what wishes for more time left behind: the workflow, the history of each intent, and EC2's own book."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from simulator.demo import audit, till
from simulator.demo.actor import Actor
from simulator.demo.dealing import Attempt, Intent, Renewal
from simulator.demo.passage import Stop, passages
from simulator.demo.recording import Entry, Mark
from simulator.world import World

_PREFIX = "extend-"  # a request is named after the block and the end that it would continue from
_HOUR = timedelta(hours=1)


def renewals(world: World, pools: Mapping[str, str]) -> tuple[Renewal, ...]:
    """Return every wish for more time of a block, in the order in which they began."""
    own = {k: lines for k, lines in audit.histories(world).items() if k.startswith(_PREFIX)}
    asked, attempts = audit.questions(world), till.attempts(world)
    stops = _stops(world)
    return tuple(
        _renewal(
            world,
            request_id,
            pools,
            [(own[k], stops.get(_reservation(request_id), ()), asked.get(k, ""), attempts.get(k, [])) for k in ids],
        )
        for request_id, ids in groupby(own, audit.request_of)
    )


def told(found: Sequence[Renewal]) -> Iterator[Entry]:
    """Yield a line for each state that an extension came to."""
    for renewal in found:
        for intent in renewal.intents:
            yield from _turns(renewal, intent)


def _turns(renewal: Renewal, intent: Intent) -> Iterator[Entry]:
    for turn in intent.turns:
        where = f"workflow in {turn.step!r}" if turn.step else "no workflow"
        mark = Mark.PURCHASE if turn.state == "bought" else Mark.DECISION if turn.state == "approved" else None
        yield Entry(
            at=turn.at,
            actor=Actor.AUTOPILOT,
            what=f"extension of {renewal.reservation_id}, {intent.fee}: {turn.state}",
            why=f"{where}: {turn.reason}" if turn.reason else where,
            pool=renewal.pool,
            reservation_id=renewal.reservation_id,
            mark=mark,
        )


def _renewal(
    world: World,
    request_id: str,
    pools: Mapping[str, str],
    own: Sequence[tuple[Sequence[Mapping[str, str]], Sequence[Stop], str, Sequence[Attempt]]],
) -> Renewal:
    """Put together what is known of one request; EC2 sells a block no more than one extension from one end."""
    sold, span = till.extensions(world).get(request_id, (None, timedelta()))
    return Renewal(
        request_id=request_id,
        pool=pools.get(_reservation(request_id), ""),
        reservation_id=_reservation(request_id),
        hours=f"{span / _HOUR:g}" if sold else "",
        intents=tuple(
            audit.intent(lines, stops, question, attempts, [sold] if sold and attempts else ())
            for lines, stops, question, attempts in own
        ),
    )


def _reservation(request_id: str) -> str:
    return request_id.removeprefix(_PREFIX).rpartition("-")[0]


def _stops(world: World) -> dict[str, list[Stop]]:
    """Return the states that the workflow went through for each block."""
    found: dict[str, list[Stop]] = {}
    for passage in passages(world, "ExtensionStateMachine"):
        found.setdefault(str(passage.given["extend"]["reservation_id"]), []).extend(passage.stops)
    return {name: sorted(stops, key=lambda stop: stop.at) for name, stops in found.items()}
