"""An extension that is being paid when the drain is due: the drain goes ahead, or waits where that was asked for."""

from tests.e2e.drain_stage import DRAIN_AT, END, RECLAIM_AT, DrainStage, drain_staged
from tests.e2e.stage import DRAIN_ACTION, MINUTE, START

PAID_AT = DRAIN_AT + 2 * MINUTE  # EC2 takes a payment until five minutes before it terminates
HELD_UNTIL = RECLAIM_AT - 6 * MINUTE


def measured(told: DrainStage) -> None:
    """Let a person end an instance, so that it is known how long a drain takes."""
    told.stage.run_until(START + 5 * MINUTE)
    told.stage.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=told.stage.instances()[0], ShouldDecrementDesiredCapacity=False
    )
    told.stage.run_until(START + 25 * MINUTE)
    assert len(told.stage.instances()) == 2
    assert len(told.ends()) == 1
    told.join()


def test_a_drain_goes_ahead_and_the_group_is_scaled_out_again() -> None:
    with drain_staged() as told:
        block = told.running()
        told.fill()
        told.stage.run_until(DRAIN_AT - 30 * MINUTE)
        told.stage.extend(block, paid_after=PAID_AT - told.stage.world.now)
        before = told.stage.instances()
        told.stage.run_until(PAID_AT)
        assert set(told.ends()) == set(before)
        assert told.left() == []
        assert [notice["title"] for notice in told.stage.notices("extension-pending")] == [
            f"train-a is drained at {DRAIN_AT:%Y-%m-%d %H:%M} UTC though an extension is being paid"
        ]
        told.stage.run_until(END)
        assert len(told.stage.instances()) == 2
        assert not set(told.stage.instances()) & set(before)


def test_a_drain_waits_for_an_extension_and_is_not_needed_once_it_is_paid() -> None:
    with drain_staged() as told:
        told.stage.settings("training", '{"drain": {"hold_for_extension": true}}')
        block = told.running()
        told.fill()
        measured(told)
        instances = told.stage.instances()
        told.stage.run_until(DRAIN_AT - 30 * MINUTE)
        told.stage.extend(block, paid_after=PAID_AT - told.stage.world.now)
        told.stage.run_until(DRAIN_AT + MINUTE)
        assert told.stage.scheduled()[DRAIN_ACTION] == (HELD_UNTIL, 0)
        assert len(told.stage.notices("drain-held")) == 1
        told.stage.run_until(END)
        assert told.stage.instances() == instances
        assert len(told.ends()) == 1


def test_a_drain_that_waited_in_vain_is_still_over_in_time() -> None:
    with drain_staged() as told:
        told.stage.settings("training", '{"drain": {"hold_for_extension": true}}')
        block = told.running()
        told.fill()
        measured(told)
        told.stage.run_until(DRAIN_AT - 30 * MINUTE)
        told.stage.extend(block, succeeds=False, paid_after=PAID_AT + MINUTE - told.stage.world.now)
        told.stage.run_until(RECLAIM_AT)
        assert len(told.ends()) == 3
        assert all(DRAIN_AT < at <= HELD_UNTIL + MINUTE for at, _ in list(told.ends().values())[1:])
        assert told.left() == []
        assert told.stage.described()["Instances"] == []
