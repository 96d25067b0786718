"""When nodes are looked at."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import CheckNodes
from capacity_blocks.core.planner import plan
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Target
from tests.factories import START, a_node_group
from tests.unit.shapes import ACTIVE, DRAIN_AT, a_pool, instances, running

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
KEY = "cr-0a:train"
READY, ALARM, UNKNOWN = f"{KEY}:nodes-ready:first", f"{KEY}:nodes-not-ready:first", "train:nodes-unknown"
VERIFY_AT = START + 15 * MINUTE
NODES = running(wishes=wishes({tag.DRAIN: "eks"}))
GPU = a_node_group(bound_to="cr-0a", desired=8, instances=instances(8))
SHORT = replace(NODES, instances=instances(6))


def pool(target: Target, *said: str, since: datetime = START, **changes: Any) -> Pool:
    scaled_out = f"cr-0a:{target.id}:scaled-out:first"
    return a_pool(target, **{"blocks": (ACTIVE,), "said": {scaled_out: START} | dict.fromkeys(said, since), **changes})


def look(target: Target = NODES, reason: str = "all of its instances are in service") -> list[CheckNodes]:
    return [
        CheckNodes(target=target.id, reservation_id="cr-0a", life="first", wanted=8, alarm_at=VERIFY_AT, reason=reason)
    ]


LOOKS: dict[str, tuple[datetime, Pool, list[CheckNodes]]] = {
    "at nodes that drain as such": (START + MINUTE, pool(NODES), look()),
    "at those of a managed node group": (START + MINUTE, pool(GPU), look(GPU)),
    "not at instances that are in no cluster": (START + MINUTE, pool(running()), []),
    "not where the pool wants none": (
        START + MINUTE, pool(NODES, policy=Policy(check_nodes=NodeCheck.OFF)), []
    ),
    "not before it was said that the group is scaled out": (START, pool(NODES, said={}), []),
    "not until all instances are in service": (VERIFY_AT - SECOND, pool(SHORT), []),
    "at those that are in service, once all should be": (
        VERIFY_AT, pool(SHORT), look(reason="its instances should be in service")
    ),
    "not at none": (VERIFY_AT, pool(replace(NODES, instances=())), []),
    "not once they are good": (START + MINUTE, pool(NODES, READY), []),
    "again ten minutes after an alarm": (VERIFY_AT + 10 * MINUTE, pool(NODES, ALARM, since=VERIFY_AT), look()),
    "not between": (VERIFY_AT + 11 * MINUTE, pool(NODES, ALARM, since=VERIFY_AT), []),
    "again an hour after nobody let us in": (VERIFY_AT + 60 * MINUTE, pool(NODES, UNKNOWN, since=VERIFY_AT), look()),
    "not ten minutes after that": (VERIFY_AT + 10 * MINUTE, pool(NODES, UNKNOWN, since=VERIFY_AT), []),
    "not while the block drains": (DRAIN_AT, pool(NODES), []),
    "not before EC2 says active": (
        START + MINUTE, pool(NODES, blocks=(replace(ACTIVE, state=ReservationState.SCHEDULED),)), []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("now", "pool", "expected"), LOOKS.values(), ids=LOOKS.keys())
def test_a_look_is_due(now: datetime, pool: Pool, expected: list[CheckNodes]) -> None:
    assert [action for action in plan(now, pool).actions if isinstance(action, CheckNodes)] == expected


def test_the_next_look_after_an_alarm_is_planned() -> None:
    told = pool(NODES, ALARM, since=VERIFY_AT)

    assert plan(VERIFY_AT, told).look_again_at == VERIFY_AT + 10 * MINUTE
    assert plan(VERIFY_AT + 10 * MINUTE, told).look_again_at == VERIFY_AT + 20 * MINUTE
    assert plan(VERIFY_AT, pool(NODES, READY)).look_again_at == DRAIN_AT - 50 * MINUTE  # then its nodes are marked


def test_a_life_of_its_own_begins_when_the_group_was_called_back() -> None:
    called_back = pool(NODES, READY, said={})
    draining, out = f"{KEY}:draining:20260301T1130", f"{KEY}:scaled-out:20260301T1130"
    called_back = replace(called_back, said={READY: START, draining: START, out: START})

    assert [a.life for a in plan(START + MINUTE, called_back).actions if isinstance(a, CheckNodes)] == ["20260301T1130"]
