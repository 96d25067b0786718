"""The story that is told when no files are given: two teams, three blocks, a lost reply and a slip of the pen."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from simulator.demo.account import Account, gather
from simulator.demo.actor import Actor
from simulator.demo.buyer import Buyer
from simulator.demo.clicker import Clicker
from simulator.demo.cluster import TrainingCluster
from simulator.demo.colleague import Colleague
from simulator.demo.person import Person
from simulator.faults import Fault, Faults, Strike
from simulator.world import World

TITLE = "Three Capacity Blocks, two pools, a lost reply and a slip of the pen"
START = datetime(2027, 3, 1, 9, tzinfo=UTC)  # a Monday
END = datetime(2027, 3, 5, 12, tzinfo=UTC)
PARAMETERS = {"EnablePurchases": "true", "TimeZone": "Europe/Berlin"}
CHANNELS = {"C0SIMULATE": "#gpu", "C0RESEARCH": "#gpu-research"}  # the stack's, and one that a pool's settings name
_BOUGHT_ELSEWHERE = "cr-0f3a9d2c7b5e81644"
_TYPE = "p5.48xlarge"
_ENGINEER = Colleague(actor=Actor.ENGINEER, arn="arn:aws:iam::123456789012:user/mia", slack="U0MIA")
_COLLEAGUE = Colleague(actor=Actor.COLLEAGUE, arn="arn:aws:iam::123456789012:user/tom", slack="U0TOM")
_LEAD = Colleague(actor=Actor.LEAD, arn="arn:aws:iam::123456789012:user/lea", slack="U0LEA")
PEOPLE = {each.slack: each.name for each in (_ENGINEER, _COLLEAGUE, _LEAD)}
_FILES = ("subnets", "launch-template-versions", "auto-scaling-groups", "capacity-reservations")

Plan = tuple[int, str, Callable[[], object]]  # on which day, at what time, and what


def account() -> Account:
    """Return what the account holds at the start, from files as the AWS CLI writes them."""
    return gather([_path(f"{name}.json") for name in _FILES], START)


def faults() -> Faults:
    """Return what goes wrong in the story: of the second purchase that EC2 carries out, the reply is lost."""
    return Faults(Strike(fault=Fault.REPLY_LOST, at="ec2.PurchaseCapacityBlock", nth=2, mutating=True))


def tell(world: World, person: Person, buyer: Buyer, clicker: Clicker, cluster: TrainingCluster) -> None:
    """Set down what people will do, and when. All else is up to the application and to AWS."""
    _move_the_market(world)
    cluster.take_in("train-a")
    for day, clock, deed in (
        *_purchases(buyer, clicker),
        *_mistakes(world, person),
        *_work(cluster),
        *_renewal(buyer, clicker),
    ):
        hours, minutes = map(int, clock.split(":"))
        due = START.replace(hour=0) + timedelta(days=day, hours=hours, minutes=minutes)
        world.clock.call_at(due, partial(_do, deed), "a person")


def _purchases(buyer: Buyer, clicker: Clicker) -> Iterator[Plan]:
    first, second = _read("purchase-request.json"), _read("purchase-request-more.json")
    look, name = {**first, "request_id": f"{first['request_id']}-look", "dry_run": True}, first["request_id"]
    yield 0, "09:05", lambda: buyer.allow(_LEAD, "training", _text("pool-settings.json"))
    yield 0, "09:10", lambda: buyer.switch_on(_LEAD, "training")
    yield 0, "09:20", lambda: buyer.request(_ENGINEER, look, "to see what that would do")
    yield 0, "09:30", lambda: buyer.request(_ENGINEER, first, "a training run of one day is planned for tomorrow")
    yield 0, "09:50", lambda: buyer.approve(_COLLEAGUE, name, "the run should not wait for the lead")
    yield 0, "10:40", lambda: buyer.approve(_LEAD, name, "it is what was agreed")
    yield 0, "10:45", lambda: clicker.click(_ENGINEER, "Approve", name, "training", "its buttons are still there")
    yield 1, "13:40", lambda: buyer.request(_ENGINEER, second, "the run wants four more, at once")


def _mistakes(world: World, person: Person) -> Iterator[Plan]:
    heard = "a notice said that nobody claims it, and what it costs"
    instances = "capacity-blocks:instances"
    yield 1, "08:00", lambda: _tell_of_an_unknown_block(world)
    yield 1, "09:00", lambda: person.adopt(_BOUGHT_ELSEWHERE, "research", heard)
    yield 1, "15:00", lambda: person.tag_group("papers", "research", instances, "8", "a notice named the mistake")


def _work(cluster: TrainingCluster) -> Iterator[Plan]:
    yield 1, "12:00", cluster.start_run
    yield 2, "10:54", cluster.give_way


def _renewal(buyer: Buyer, clicker: Clicker) -> Iterator[Plan]:
    block, question, pool = _BOUGHT_ELSEWHERE, f"extend-{_BOUGHT_ELSEWHERE}", "research"
    one_day_more = "the experiments need one more day, and no move"
    as_shown = "those are the terms that the reminder showed"
    yield 1, "09:05", lambda: buyer.allow(_LEAD, pool, _text("pool-settings-research.json"))
    yield 2, "21:42", lambda: clicker.click(_LEAD, "Extend", block, pool, one_day_more)
    yield 2, "21:45", lambda: clicker.click(_COLLEAGUE, "Approve", question, pool, "it is late, and somebody has to")
    yield 2, "21:47", lambda: clicker.click(_LEAD, "Approve", question, pool, as_shown)


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
