"""How what a region holds is sorted into pools."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool, pools
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import Target
from tests.factories import REGION, START, a_reservation, a_target, at

TAGGED = a_reservation()
UNTAGGED = a_reservation(tags={})
DEFAULT = Policy()
LISTED = {"research": Policy(reservations=("cr-0a",))}


def sort(
    blocks: list[Reservation], targets: list[Target], policies: Mapping[str, Policy]
) -> tuple[tuple[Pool, ...], tuple[Reservation, ...]]:
    return pools(REGION, blocks, targets, policies, DEFAULT, {})


def test_a_pool_holds_the_blocks_and_targets_of_its_name_under_its_policy() -> None:
    mine, other = Policy(scale_out=False), a_target("other", pool="research")
    later = a_reservation(reservation_id="cr-00", start=at("2026-03-01T12:00"))
    said = {"key": START}

    found = pools(REGION, [later, TAGGED], [other, a_target("b"), a_target("a")], {"training": mine}, DEFAULT, said)

    assert found == (
        (
            Pool(name="research", region=REGION, policy=DEFAULT, targets=(other,), said=said),
            Pool(
                name="training",
                region=REGION,
                policy=mine,
                reservations=(TAGGED, later),
                targets=(a_target("a"), a_target("b")),
                said=said,
            ),
        ),
        (),
    )


def test_a_pool_with_settings_alone_is_none() -> None:
    assert sort([], [], {"training": Policy()}) == ((), ())


CLAIMS: dict[str, tuple[Reservation, list[Target], Mapping[str, Policy], str | None]] = {
    "its tag": (TAGGED, [], {}, "training"),
    "its tag over a list": (TAGGED, [], LISTED, "training"),
    "a list, where it has no tag": (UNTAGGED, [], LISTED, "research"),
    "the first of two lists": (UNTAGGED, [], LISTED | {"art": Policy(reservations=("cr-0a",))}, "art"),
    "nobody": (UNTAGGED, [a_target()], {"research": Policy(reservations=("cr-0b",))}, None),
    "the target that serves it, though the tag is gone": (UNTAGGED, [a_target(bound_to="cr-0a")], {}, "training"),
    "the target that serves it, though the list cannot be read": (
        UNTAGGED, [a_target(pool="research", bound_to="cr-0a")], {"research": Policy(broken="x")}, "research"
    ),
    "the target that serves it, though it was tagged for another pool": (
        a_reservation(tags={tag.POOL: "research"}), [a_target(bound_to="cr-0a")], {}, "training"
    ),
    "its tag, where targets of two pools serve it": (
        TAGGED, [a_target("a", pool="art", bound_to="cr-0a"), a_target(bound_to="cr-0a")], {}, "training"
    ),
    "not the target of another block": (UNTAGGED, [a_target(bound_to="cr-0b")], {}, None),
}  # fmt: skip


@pytest.mark.parametrize(("block", "targets", "policies", "expected"), CLAIMS.values(), ids=CLAIMS.keys())
def test_a_block_is_claimed_by(
    block: Reservation, targets: list[Target], policies: Mapping[str, Policy], expected: str | None
) -> None:
    found, unclaimed = sort([block], targets, policies)

    assert [p.name for p in found if p.reservations] == ([] if expected is None else [expected])
    assert unclaimed == ((block,) if expected is None else ())


def test_a_pool_whose_name_is_odd_stops_nobody() -> None:
    said = {f"{REGION}:a:draining:b:draining:c:settings:0": START, "cr-0a:train:draining:20260302T1130": START}

    assert Pool(name="training", region=REGION, said=said).drained["cr-0a:train"] == "20260302T1130"


@given(data=st.data())
def test_neither_the_order_of_blocks_nor_of_targets_matters(data: Any) -> None:
    blocks = [a_reservation(reservation_id=f"cr-{n}", start=at(f"2026-03-01T1{n % 3}:00")) for n in range(4)]
    targets = [a_target(f"t{n}", pool=["training", "research"][n % 2]) for n in range(4)]

    shuffled = sort(data.draw(st.permutations(blocks)), data.draw(st.permutations(targets)), {})

    assert shuffled == sort(blocks, targets, {})
