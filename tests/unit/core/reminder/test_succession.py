"""What follows a block in its pool, and whether anybody need be reminded of its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.core.reminder.succession import Follower, Succession, successions
from capacity_blocks.core.reservation import Reservation, ReservationState
from tests.unit.core.reminder.shapes import DAY, END, HOUR, START, a_block

BLOCK = a_block()


def next_block(gap: timedelta = timedelta(0), name: str = "cr-0b", **changes: object) -> Reservation:
    given = {"reservation_id": name, "start": END + gap, "end": END + gap + 7 * DAY}
    return a_block(**(given | {"state": ReservationState.SCHEDULED} | changes))


def of(*others: Reservation) -> Succession:
    return successions([BLOCK, *others])["cr-0a"]


def test_nothing_follows_a_block_that_is_alone() -> None:
    assert of() == Succession()


@pytest.mark.parametrize(("gap", "is_covered"), [(-HOUR, True), (timedelta(0), True), (HOUR, False)])
def test_a_paid_block_covers_one_if_it_starts_by_its_end(gap: timedelta, is_covered: bool) -> None:
    following = next_block(gap)

    assert of(following) == Succession(
        followers=(Follower(block=following, instances=8, gap=gap),), is_covered=is_covered
    )


@pytest.mark.parametrize("state", [ReservationState.PAYMENT_PENDING, ReservationState.PENDING])
def test_one_that_is_not_paid_is_shown_and_covers_nothing(state: ReservationState) -> None:
    following = next_block(state=state)

    assert of(following) == Succession(followers=(Follower(block=following, instances=8, gap=timedelta(0)),))


@pytest.mark.parametrize(
    "state", [ReservationState.PAYMENT_FAILED, ReservationState.CANCELLED, ReservationState.UNRECOGNISED]
)
def test_one_that_never_comes_follows_nothing(state: ReservationState) -> None:
    assert of(next_block(state=state)) == Succession()


def test_one_that_runs_beside_it_or_ends_before_it_follows_nothing() -> None:
    assert of(next_block(start=START, end=END + DAY)) == Succession()  # bought together
    assert of(next_block(start=START + DAY, end=END)) == Succession()


def test_a_smaller_block_covers_no_larger_one() -> None:
    following = next_block(instance_count=4)

    assert of(following) == Succession(followers=(Follower(block=following, instances=4, gap=timedelta(0)),))
    assert of(following, next_block(name="cr-0c", instance_count=4)).is_covered


def test_a_block_whose_size_is_not_known_is_shown_and_covers_nothing() -> None:
    following = next_block(instance_count=0)
    unknown = replace(BLOCK, instance_count=0)

    assert of(following) == Succession(followers=(Follower(block=following, instances=None, gap=timedelta(0)),))
    assert of(following, next_block(name="cr-0c")).is_covered
    assert not successions([unknown, next_block()])["cr-0a"].is_covered


def test_a_block_of_another_type_follows_nothing() -> None:
    assert of(next_block(instance_type="trn1.32xlarge")) == Succession()


@pytest.mark.parametrize(("gap", "is_covered"), [(-DAY, True), (-DAY - HOUR, False)])
def test_a_block_that_runs_beside_it_for_more_than_a_day_follows_nothing(gap: timedelta, is_covered: bool) -> None:
    """When the one ends, the pool has fewer instances than before: nobody took over."""
    beside = next_block(gap)

    assert of(beside).is_covered is is_covered
    assert (of(beside) == Succession()) is not is_covered


def test_one_block_does_not_follow_two_that_are_as_large() -> None:
    twin = replace(BLOCK, reservation_id="cr-0aa")

    found = successions([twin, BLOCK, next_block()])

    assert (found["cr-0a"].is_covered, found["cr-0aa"].is_covered) == (True, False)
    assert found["cr-0aa"].followers == ()


def test_a_large_block_follows_two() -> None:
    found = successions([replace(BLOCK, reservation_id="cr-0aa"), BLOCK, next_block(instance_count=16)])

    assert found["cr-0a"].is_covered
    assert found["cr-0aa"].is_covered


def test_what_is_paid_goes_before_what_is_not() -> None:
    unpaid = next_block(name="cr-0aaa", state=ReservationState.PAYMENT_PENDING)

    assert [each.block.reservation_id for each in of(unpaid, next_block()).followers] == ["cr-0b"]


def test_a_chain_is_followed_link_by_link() -> None:
    second = next_block()
    third = next_block(7 * DAY + HOUR, name="cr-0c")

    found = successions([third, second, BLOCK])

    assert found["cr-0a"].is_covered
    assert found["cr-0b"] == Succession(followers=(Follower(block=third, instances=8, gap=HOUR),))
    assert found["cr-0c"] == Succession()
