"""An end that moves moves every timer, native action and notice with it, and the old end kills nobody."""

from datetime import datetime, timedelta

import pytest

from tests.e2e.stage import DRAIN_ACTION, DRAIN_AT, END, MINUTE, SIZE, START, Stage, staged

NEW_END = END + timedelta(days=1)
NEW_DRAIN_AT, NEW_RECLAIM_AT = NEW_END - 40 * MINUTE, NEW_END - 30 * MINUTE


def zeroed(stage: Stage, since: datetime) -> list[datetime]:
    return [at.replace(microsecond=0) for at, desired, _ in stage.steps() if desired == 0 and at >= since]


def running(stage: Stage) -> str:
    block = stage.block()
    stage.group()
    stage.run_until(START + timedelta(hours=1))
    assert len(stage.instances()) == SIZE
    return block


@pytest.mark.parametrize("left", [timedelta(hours=10), timedelta(minutes=76)], ids=["well before", "just in time"])
def test_what_is_paid_before_the_drain_is_never_drained_at_the_old_end(left: timedelta) -> None:
    with staged() as stage:
        block = running(stage)
        instances = stage.instances()
        stage.run_until(END - left)
        assert stage.extend(block, paid_after=timedelta(minutes=30)) == NEW_END
        stage.run_until(END - left + timedelta(minutes=32))
        assert stage.scheduled() == {DRAIN_ACTION: (NEW_DRAIN_AT, 0)}

        stage.run_until(END + timedelta(hours=1))
        assert stage.instances() == instances

        stage.run_until(NEW_END)
        assert zeroed(stage, START) == [NEW_DRAIN_AT]
        assert stage.reclaimed() == []
        assert stage.figures(block, stage.active_at(block), NEW_RECLAIM_AT).lost <= timedelta(minutes=10.2)
        assert [n["title"] for n in stage.notices("timeline")] == [
            f"train-a serves {block} until 2027-03-21 10:50 UTC",
            f"train-a serves {block} until 2027-03-22 10:50 UTC",
        ]
        assert stage.kinds().count("draining") == 1


def test_a_fleet_that_was_drained_already_is_scaled_out_again() -> None:
    with staged() as stage:
        block = running(stage)
        stage.run_until(END - 61 * MINUTE)
        stage.extend(block, paid_after=timedelta(minutes=25))  # at T-36
        stage.run_until(END - 37 * MINUTE)
        assert zeroed(stage, START) == [DRAIN_AT]

        # Its slots are free again after a clean-up of 3 to 6 minutes, which a retry of Auto Scaling may just miss.
        stage.run_until(END - 20 * MINUTE)
        assert len(stage.instances()) == SIZE
        assert stage.bound_to() == block
        assert stage.scheduled() == {DRAIN_ACTION: (NEW_DRAIN_AT, 0)}
        instances = stage.instances()

        stage.run_until(NEW_DRAIN_AT - MINUTE)
        assert stage.instances() == instances
        stage.run_until(NEW_END)
        assert zeroed(stage, START) == [DRAIN_AT, NEW_DRAIN_AT]
        assert stage.reclaimed() == []
        assert stage.occupants(block) == []
        # Each life of the block is told: out, in service, to zero; and nobody is alarmed by the one before.
        told = [kind for kind in stage.kinds() if kind != "launch-failed"]
        first = ["timeline", "scaled-out", "in-service", "extension-pending", "draining"]
        assert told == [*first, "timeline", "scaled-out", "drain-ahead", "in-service", "draining", "ended"]
        assert stage.sizes() == (0, 1, 0)


def test_an_extension_whose_payment_fails_leaves_the_old_end() -> None:
    with staged() as stage:
        block = running(stage)
        stage.run_until(END - timedelta(hours=3))
        stage.extend(block, paid_after=timedelta(minutes=30), succeeds=False)
        stage.run_until(END)
        assert zeroed(stage, START) == [DRAIN_AT]
        assert stage.kinds().count("timeline") == 1
