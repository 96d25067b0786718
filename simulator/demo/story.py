"""The story that is told when no files are given: two teams, three blocks, a lost reply and a slip of the pen."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from simulator.demo.account import Account, gather
from simulator.demo.buyer import Buyer, Colleague
from simulator.demo.cluster import TrainingCluster
from simulator.demo.person import Person
from simulator.demo.recording import Actor
from simulator.faults import Fault, Faults, Strike
from simulator.world import World

TITLE = "Three Capacity Blocks, two pools, a lost reply and a slip of the pen"
START = datetime(2027, 3, 1, 9, tzinfo=UTC)  # a Monday
END = datetime(2027, 3, 5, 12, tzinfo=UTC)
PARAMETERS = {"EnablePurchases": "true"}
_BOUGHT_ELSEWHERE = "cr-0f3a9d2c7b5e81644"
_TYPE = "p5.48xlarge"
_ENGINEER = Colleague(actor=Actor.ENGINEER, arn="arn:aws:iam::123456789012:user/mia")
_COLLEAGUE = Colleague(actor=Actor.COLLEAGUE, arn="arn:aws:iam::123456789012:user/tom")
_LEAD = Colleague(actor=Actor.LEAD, arn="arn:aws:iam::123456789012:user/lea")
_FILES = ("subnets", "launch-template-versions", "auto-scaling-groups", "capacity-reservations")


def account() -> Account:
    """Return what the account holds at the start, from files as the AWS CLI writes them."""
    return gather([_path(f"{name}.json") for name in _FILES], START)


def faults() -> Faults:
    """Return what goes wrong in the story: of the second purchase that EC2 carries out, the reply is lost."""
    return Faults(Strike(fault=Fault.REPLY_LOST, at="ec2.PurchaseCapacityBlock", nth=2, mutating=True))


def tell(world: World, person: Person, buyer: Buyer, cluster: TrainingCluster) -> None:
    """Set down what people will do, and when. All else is up to the application and to AWS."""
    first, second = _read("purchase-request.json"), _read("purchase-request-more.json")
    look = {**first, "request_id": f"{first['request_id']}-look", "dry_run": True}
    _move_the_market(world)

    def at(day: int, clock: str, deed: Callable[[], object]) -> None:
        hours, minutes = map(int, clock.split(":"))
        due = START.replace(hour=0) + timedelta(days=day, hours=hours, minutes=minutes)
        world.clock.call_at(due, lambda: _do(deed), "a person")

    at(0, "09:05", lambda: buyer.allow(_LEAD, "training", _text("pool-settings.json")))
    at(0, "09:10", lambda: buyer.switch_on(_LEAD, "training"))
    at(0, "09:20", lambda: buyer.request(_ENGINEER, look, "to see what that would do"))
    at(0, "09:30", lambda: buyer.request(_ENGINEER, first, "a training run of one day is planned for tomorrow"))
    at(0, "09:50", lambda: buyer.approve(_COLLEAGUE, first["request_id"], "the run should not wait for the lead"))
    at(0, "10:40", lambda: buyer.approve(_LEAD, first["request_id"], "it is what was agreed"))
    at(1, "08:00", lambda: _tell_of_an_unknown_block(world))
    at(
        1,
        "09:00",
        lambda: person.adopt(_BOUGHT_ELSEWHERE, "research", "a notice said that nobody claims it, and what it costs"),
    )
    at(1, "12:00", lambda: cluster.start_run("train-a"))
    at(1, "13:40", lambda: buyer.request(_ENGINEER, second, "the run wants four more, at once"))
    at(
        1,
        "15:00",
        lambda: person.tag_group("papers", "research", "capacity-blocks:instances", "8", "a notice named the mistake"),
    )
    at(2, "10:54", cluster.give_way)
    at(2, "16:00", lambda: person.extend(_BOUGHT_ELSEWHERE, 24, "research", "the experiments need one more day"))


def _move_the_market(world: World) -> None:
    """Let one zone be dearer, and two more offers be on sale until noon: one a day later, one in two parts."""
    market, noon = world.regions[world.home].engine.market, START.replace(hour=12)
    market.set_fee(_TYPE, Decimal("35.20"), zone="us-east-2c", since=START)
    start = START.replace(day=2, hour=11, minute=30)
    half, day = timedelta(hours=12), timedelta(days=1)
    market.show(market.segment(_TYPE, "us-east-2a", 8, start + day, start + 2 * day), until=noon)
    market.show(
        market.segment(_TYPE, "us-east-2a", 8, start, start + half, Decimal(2700)),
        market.segment(_TYPE, "us-east-2a", 8, start + half, start + day, Decimal(2700)),
        until=noon,
    )


def _do(deed: Callable[[], object]) -> None:
    deed()


def _tell_of_an_unknown_block(world: World) -> None:
    """Send an event of a block that nobody knows, in the words of AWS's older documentation: it does no harm."""
    event = _read("event-of-an-unknown-block.json")
    world.emit(event["source"], event["detail_type"], event["detail"], event["resources"])


def _path(name: str) -> Path:
    return Path(str(resources.files(__package__) / "data" / name))


def _text(name: str) -> str:
    return _path(name).read_text(encoding="utf-8")


def _read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(_text(name))
    return content
