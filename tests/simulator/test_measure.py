"""The figures of a run, from facts that are written down by hand."""

from datetime import UTC, datetime, timedelta

from simulator.auto_scaling.journal import (
    Capacity,
    CapacityChanged,
    Fact,
    InstanceInService,
    InstanceLaunched,
    InstanceLeft,
    InstanceTerminating,
)
from simulator.measure import BlockLife, Size, block_figures, sizes

START = datetime(2027, 3, 2, 11, 30, tzinfo=UTC)
END = datetime(2027, 3, 3, 11, 30, tzinfo=UTC)
ACTIVE = START + timedelta(minutes=3)
RECLAIM = END - timedelta(minutes=30)
LIFE = BlockLife(reservation_id="cr-1", size=3, active_at=ACTIVE, reclaim_at=RECLAIM)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def resized(at: datetime, group: str, before: int, after: int) -> CapacityChanged:
    return CapacityChanged(
        at=at,
        region="us-east-2",
        group=group,
        before=Capacity(minimum=0, maximum=9, desired=before),
        after=Capacity(minimum=0, maximum=9, desired=after),
        by="UpdateAutoScalingGroup",
    )


def launched(at: datetime, group: str, name: str, reservation_id: str = "cr-1") -> InstanceLaunched:
    return InstanceLaunched(
        at=at,
        region="us-east-2",
        group=group,
        instance_id=name,
        instance_type="p5.48xlarge",
        reservation_id=reservation_id,
    )


def serving(at: datetime, group: str, name: str) -> InstanceInService:
    return InstanceInService(at=at, region="us-east-2", group=group, instance_id=name, reservation_id="cr-1")


def ending(at: datetime, group: str, name: str) -> InstanceTerminating:
    return InstanceTerminating(
        at=at, region="us-east-2", group=group, instance_id=name, reservation_id="cr-1", reason="scale in"
    )


def a_life(group: str = "train") -> list[Fact]:
    """Two instances: told 2 s after active, launched after 4 and 7 s, to zero 10 minutes before the reclaim."""
    return [
        resized(ACTIVE + seconds(2), group, 0, 2),
        launched(ACTIVE + seconds(4), group, f"{group}-1"),
        launched(ACTIVE + seconds(7), group, f"{group}-2"),
        serving(ACTIVE + seconds(60), group, f"{group}-1"),
        serving(ACTIVE + seconds(90), group, f"{group}-2"),
        resized(RECLAIM - timedelta(minutes=10), group, 2, 0),
        ending(RECLAIM - timedelta(minutes=9), group, f"{group}-1"),
        ending(RECLAIM - timedelta(minutes=9), group, f"{group}-2"),
    ]


def test_a_block_is_unused_until_its_last_instance_is_launched_and_from_zero_to_the_reclaim() -> None:
    figures = block_figures(LIFE, a_life())

    assert figures is not None
    assert (figures.lost_at_start, figures.lost_at_end) == (seconds(7), timedelta(minutes=10))
    assert figures.lost == timedelta(minutes=10, seconds=7)
    assert figures.reaction == seconds(2)
    [target] = figures.targets
    assert (target.target, target.share, target.launched_at) == ("train", 2, ACTIVE + seconds(7))
    assert target.zeroed_at == RECLAIM - timedelta(minutes=10)


def test_a_block_is_as_good_as_the_worst_of_its_targets() -> None:
    late: list[Fact] = [
        resized(ACTIVE + seconds(1), "slow", 0, 1),
        launched(ACTIVE + seconds(30), "slow", "slow-1"),
        resized(RECLAIM - timedelta(minutes=5), "slow", 1, 0),
    ]

    figures = block_figures(LIFE, [*a_life(), *late])

    assert figures is not None
    assert [(t.target, t.share) for t in figures.targets] == [("slow", 1), ("train", 2)]
    assert (figures.lost_at_start, figures.lost_at_end) == (seconds(30), timedelta(minutes=10))


def test_a_group_that_had_its_size_before_the_block_was_active_reacts_when_it_is_told_again() -> None:
    early: list[Fact] = [resized(START, "train", 0, 2), *a_life()[1:]]

    unaided = block_figures(LIFE, early)
    told = block_figures(LIFE, early, asked=[START, ACTIVE + seconds(1), ACTIVE + seconds(5)])

    assert unaided is not None
    assert told is not None
    assert unaided.reaction == seconds(4)  # the first launch
    assert told.reaction == seconds(1)


def test_a_share_that_is_never_launched_as_a_whole_is_lost_until_the_group_goes_to_zero() -> None:
    facts = [fact for fact in a_life() if not (isinstance(fact, InstanceLaunched) and fact.instance_id == "train-2")]

    figures = block_figures(LIFE, facts)

    assert figures is not None
    assert figures.lost_at_start == RECLAIM - timedelta(minutes=10) - ACTIVE
    assert figures.lost == RECLAIM - ACTIVE


def test_a_group_that_never_goes_to_zero_loses_nothing_at_the_end() -> None:
    facts = [fact for fact in a_life() if fact.at < RECLAIM - timedelta(minutes=10)]

    figures = block_figures(LIFE, facts)

    assert figures is not None
    assert figures.targets[0].zeroed_at is None
    assert figures.lost_at_end == timedelta()


def test_a_block_that_nothing_ran_on_is_lost_from_active_to_reclaim() -> None:
    elsewhere = [launched(ACTIVE, "train", "i-1", reservation_id="cr-2")]

    figures = block_figures(LIFE, elsewhere)

    assert figures is not None
    assert (figures.targets, figures.reaction, figures.lost) == ((), None, RECLAIM - ACTIVE)


def test_a_block_that_never_became_active_has_no_figures() -> None:
    life = BlockLife(reservation_id="cr-1", size=3, active_at=None, reclaim_at=RECLAIM)

    assert block_figures(life, a_life()) is None


def test_sizes_follow_what_is_desired_and_what_serves() -> None:
    left = InstanceLeft(
        at=ACTIVE + seconds(100),
        region="us-east-2",
        group="train",
        instance_id="train-1",
        reservation_id="cr-1",
        by="EnterStandby",
    )
    facts: list[Fact] = [*a_life()[:5], left, *a_life("other")]

    assert sizes("train", facts) == (
        Size(at=ACTIVE + seconds(2), desired=2, in_service=0),
        Size(at=ACTIVE + seconds(60), desired=2, in_service=1),
        Size(at=ACTIVE + seconds(90), desired=2, in_service=2),
        Size(at=ACTIVE + seconds(100), desired=2, in_service=1),
    )


def test_a_group_that_had_a_size_before_the_first_fact_keeps_it_until_it_changes() -> None:
    facts: list[Fact] = [serving(START, "train", "i-1"), resized(RECLAIM, "train", 1, 0)]

    assert sizes("train", facts) == (
        Size(at=START, desired=1, in_service=1),
        Size(at=RECLAIM, desired=0, in_service=1),
    )


def test_what_happens_at_one_instant_is_one_size() -> None:
    facts: list[Fact] = [resized(START, "train", 0, 2), serving(START, "train", "i-1"), serving(START, "train", "i-2")]

    assert sizes("train", facts) == (Size(at=START, desired=2, in_service=2),)
