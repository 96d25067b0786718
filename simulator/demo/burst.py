"""Lines of the timeline: what Auto Scaling did. Many instances that come or go together are one line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from simulator.auto_scaling.journal import (
    Fact,
    InstanceInService,
    InstanceLaunched,
    InstanceTerminating,
    LaunchFailed,
    ScheduledActionRan,
)
from simulator.demo.actor import Actor
from simulator.demo.axis import duration
from simulator.demo.recording import Entry

# Instances that come or go this close to each other are told of together.
_TOGETHER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a group is called for people, and its pool. The group behind a node group goes by the node group's name."""

    name: str
    pool: str


def told(facts: Iterable[Fact], names: Mapping[str, Named], since: datetime) -> Iterator[Entry]:
    """Yield what Auto Scaling did after `since`, where everything was found as it is."""
    facts = [fact for fact in facts if fact.at > since]
    for kind in (InstanceLaunched, InstanceInService, InstanceTerminating, LaunchFailed):
        yield from _bursts(facts, kind, names)
    for fact in facts:
        if isinstance(fact, ScheduledActionRan):
            named = names[fact.group]
            yield Entry(
                at=fact.at,
                actor=Actor.AUTO_SCALING,
                what=f"{named.name} runs its scheduled action {fact.action!r}, {duration(fact.at - fact.due)} late",
                why=fact.refused or _origin(fact.action),
                pool=named.pool,
            )


def _origin(action: str) -> str:
    if action.startswith("capacity-blocks-"):
        return "it was written when the block was bound, and needs nobody"
    return "EKS's own" if "EKS" in action else "somebody else's"


def _bursts(facts: Iterable[Fact], kind: type[Any], names: Mapping[str, Named]) -> Iterator[Entry]:
    of_kind = [fact for fact in facts if isinstance(fact, kind) and fact.group in names]
    for group, own in groupby(sorted(of_kind, key=lambda fact: (str(fact.group), fact.at)), lambda fact: fact.group):
        for burst in _split(list(own)):
            last, named = burst[-1], names[str(group)]
            yield Entry(
                at=last.at,
                actor=Actor.AUTO_SCALING,
                what=f"{named.name} {_words(len(burst), last)}",
                why=_cause(last),
                pool=named.pool,
                reservation_id=last.reservation_id,
            )


def _split(facts: Sequence[Any]) -> Iterator[list[Any]]:
    burst = list(facts[:1])
    for before, fact in pairwise(facts):
        if fact.at - before.at > _TOGETHER:
            yield burst
            burst = []
        burst.append(fact)
    yield burst


def _words(number: int, fact: Any) -> str:
    match fact:
        case InstanceLaunched(reservation_id=reservation_id):
            return f"launches {number} instances into {reservation_id}"
        case InstanceInService():
            return f"has {number} more instances in service"
        case InstanceTerminating():
            return f"terminates {number} instances"
        case LaunchFailed(code=code):
            return f"was refused {_times(number)}: {code}"
        case _:
            raise TypeError(f"{type(fact).__name__} is not told in bursts")


def _times(number: int) -> str:
    return "a launch" if number == 1 else f"{number} launches"


def _cause(fact: Any) -> str:
    match fact:
        case LaunchFailed(message=message):
            return f"EC2 says: {message}"
        case InstanceTerminating(reason=reason):
            return "EC2 takes the block back" if "reclaim" in reason else "its desired capacity is lower"
        case _:
            return ""
