"""How a block is shared out to the targets that serve it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.service import services
from capacity_blocks.core.tag import Mistake, Wishes
from capacity_blocks.core.target import Target
from tests.factories import END, START, a_node_group, a_reservation, a_target
from tests.unit.shapes import DRAIN_AT, a_service, bound, drain_action

MINUTE = timedelta(minutes=1)
MISTAKEN = Wishes(mistakes=(Mistake(tag=tag.INSTANCES, value="all", allowed="a number"),))


def takes(name: str, count: int | None = None) -> Target:
    return a_target(name, bound_to="cr-0a", wishes=Wishes(instances=count))


SHARES = {
    "one takes all": ([takes("a")], {"a": 8}),
    "one takes its number": ([takes("a", 3)], {"a": 3}),
    "several take their numbers": ([takes("a", 3), takes("b", 5)], {"a": 3, "b": 5}),
    "the rest goes to who names no number": ([takes("a"), takes("b", 5)], {"a": 3, "b": 5}),
    "the last one gets less": ([takes("a", 6), takes("b", 6)], {"a": 6, "b": 2}),
    "nothing is left": ([takes("a", 8), takes("b", 6), takes("c")], {"a": 8, "b": 0, "c": 0}),
    "nobody": ([], {}),
}


@pytest.mark.parametrize(("targets", "expected"), SHARES.values(), ids=SHARES.keys())
def test_named_numbers_come_first_and_the_rest_goes_by_name(targets: list[Target], expected: dict[str, int]) -> None:
    found = services(a_reservation(), targets)

    assert {s.target.id.name: s.share for s in found} == expected


@given(
    counts=st.lists(st.none() | st.integers(1, 64), max_size=6),
    size=st.integers(0, 64),
    order=st.randoms(use_true_random=False),
)
def test_shares_never_exceed_the_block_and_do_not_depend_on_order(
    counts: list[int | None], size: int, order: object
) -> None:
    targets = [takes(f"t{n}", count) for n, count in enumerate(counts)]
    shuffled = list(targets)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random, which Hypothesis types as object
    block = a_reservation(instance_count=size)

    found = services(block, targets)

    assert sum(s.share for s in found) <= size
    assert all(s.share >= 0 for s in found)
    assert found == services(block, shuffled)


DRAINS = {
    "settings that are whole": (Policy(), Wishes(), DRAIN_AT - 20 * MINUTE, DRAIN_AT),
    "broken settings and an earlier native action": (
        Policy(broken="x"), Wishes(), DRAIN_AT - 20 * MINUTE, DRAIN_AT - 20 * MINUTE
    ),
    "broken settings and a later native action": (Policy(broken="x"), Wishes(), DRAIN_AT + 5 * MINUTE, DRAIN_AT),
    "broken settings and no native action": (Policy(broken="x"), Wishes(), None, DRAIN_AT),
    "broken settings and a native action before the start": (
        Policy(broken="x"), Wishes(), START - MINUTE, START
    ),
    "wrong tags and an earlier native action": (
        Policy(), MISTAKEN, DRAIN_AT - 20 * MINUTE, DRAIN_AT - 20 * MINUTE
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "wishes", "native", "expected"), DRAINS.values(), ids=DRAINS.keys())
def test_where_settings_cannot_be_read_the_earlier_of_default_and_native_action_stands(
    policy: Policy, wishes: Wishes, native: datetime | None, expected: datetime
) -> None:
    actions = () if native is None else (drain_action(native),)
    timeline = a_service(bound(wishes=wishes, scheduled_actions=actions)).timeline(policy)

    assert (timeline.start, timeline.drain_at, timeline.end) == (START, expected, END)


def test_a_target_scales_out_unless_something_speaks_against_it() -> None:
    assert a_service().may_scale_out(Policy())


AGAINST = {
    "scale-out is stopped": (a_service(), Policy(scale_out=False)),
    "the settings are broken": (a_service(), Policy(broken="x")),
    "its tags are wrong": (a_service(bound(wishes=MISTAKEN)), Policy()),
    "the block is tagged for another pool": (a_service(tags={tag.POOL: "research"}), Policy()),
}


@pytest.mark.parametrize(("service", "policy"), AGAINST.values(), ids=AGAINST.keys())
def test_a_target_does_not_scale_out_when(service: object, policy: Policy) -> None:
    assert not service.may_scale_out(policy)  # type: ignore[attr-defined]  # a Service, in a table of two types


def test_a_block_that_lost_its_tag_has_not_moved() -> None:
    assert not a_service(tags={}).is_moved


def test_the_keys_of_a_pair_begin_with_the_block_and_name_the_target() -> None:
    assert [a_service().key, a_service(a_node_group()).key] == ["cr-0a:train", "cr-0a:ml/gpu"]
