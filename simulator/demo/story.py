"""The story that is told when no files are given: five days of two teams, three blocks and a slip of the pen."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from simulator.demo.account import Account, gather
from simulator.demo.person import Person
from simulator.world import World

TITLE = "Three Capacity Blocks, two pools, one slip of the pen"
START = datetime(2027, 3, 1, 9, tzinfo=UTC)  # a Monday
END = datetime(2027, 3, 5, 12, tzinfo=UTC)
_BOUGHT_ELSEWHERE = "cr-0f3a9d2c7b5e81644"
_FILES = ("subnets", "launch-template-versions", "auto-scaling-groups", "capacity-reservations")


def account() -> Account:
    """Return what the account holds at the start, from files as the AWS CLI writes them."""
    return gather([_path(f"{name}.json") for name in _FILES], START)


def tell(world: World, person: Person) -> None:
    """Set down what people will do, and when. All else is up to the application and to AWS."""
    searches = _read("offering-searches.json")

    def at(day: int, clock: str, deed: Callable[[], object]) -> None:
        hours, minutes = map(int, clock.split(":"))
        due = START.replace(hour=0) + timedelta(days=day, hours=hours, minutes=minutes)
        world.clock.call_at(due, lambda: _do(deed), "a person")

    at(0, "09:30", lambda: person.buy(searches["first"], "training", "a training run of one day is planned"))
    at(1, "08:00", lambda: _tell_of_an_unknown_block(world))
    at(
        1,
        "09:00",
        lambda: person.adopt(_BOUGHT_ELSEWHERE, "research", "a notice said that nobody claims it, and what it costs"),
    )
    at(
        1,
        "13:40",
        lambda: person.buy(searches["second"], "training", "the run wants four more, at once", soonest=True),
    )
    at(
        1,
        "15:00",
        lambda: person.tag_group("papers", "research", "capacity-blocks:instances", "8", "a notice named the mistake"),
    )
    at(2, "16:00", lambda: person.extend(_BOUGHT_ELSEWHERE, 24, "research", "the experiments need one more day"))


def _do(deed: Callable[[], object]) -> None:
    deed()


def _tell_of_an_unknown_block(world: World) -> None:
    """Send an event of a block that nobody knows, in the words of AWS's older documentation: it does no harm."""
    event = _read("event-of-an-unknown-block.json")
    world.emit(event["source"], event["detail_type"], event["detail"], event["resources"])


def _path(name: str) -> Path:
    return Path(str(resources.files(__package__) / "data" / name))


def _read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(_path(name).read_text(encoding="utf-8"))
    return content
