"""What is not paid for is never bound, and what turns out not to be paid for is set free."""

from datetime import timedelta
from typing import Any

from simulator.capacity_blocks import Payment, State
from tests.e2e.stage import END, MINUTE, OTHER_ZONE, START, Stage, staged

PENDING: dict[str, Any] = {"State": "payment-pending"}


def writes(stage: Stage) -> set[str]:
    """What the function changed outside its own ledger, topic and schedules."""
    own = {"dynamodb", "sns", "scheduler"}
    return {call.name for call in stage.world.calls.log if call.mutating and call.service not in own}


def test_a_block_is_bound_once_it_is_paid() -> None:
    with staged() as stage:
        stage.engine().plan_payment(Payment(after=timedelta(minutes=12)))
        block, group = stage.block(**PENDING), stage.group()
        stage.run_for(minutes=11)
        assert stage.bound_to(group) is None
        assert writes(stage) == set()
        stage.run_for(minutes=3)
        assert stage.bound_to(group) == block


def test_a_block_whose_payment_fails_is_never_bound() -> None:
    with staged() as stage:
        stage.engine().plan_payment(Payment(after=timedelta(minutes=12), succeeds=False))
        block = stage.block(**PENDING)
        stage.group()
        stage.run_until(END)
        assert writes(stage) == set()
        [notice] = stage.notices()
        assert (notice["kind"], notice["severity"], notice["reservation_id"]) == ("payment-failed", "critical", block)


def test_a_bound_block_whose_payment_fails_after_all_is_unbound() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group(MaxSize=5)
        stage.run_for(minutes=5)
        assert stage.bound_to(group) == block
        assert set(stage.scheduled(group)) == {"capacity-blocks-start", "capacity-blocks-drain"}
        stage.turn(block, State.PAYMENT_FAILED)
        stage.run_for(minutes=2)
        assert stage.scheduled(group) == {}
        # A bind of the last minutes is left alone: another run may have seen the group before it.
        stage.run_for(minutes=10)
        assert stage.bound_to(group) is None
        assert stage.sizes(group) == (0, 5, 0)
        assert stage.described(group)["VPCZoneIdentifier"] == stage.subnet(OTHER_ZONE)
        # Nothing launches on demand by mistake.
        assert stage.launch_data(group)["InstanceMarketOptions"] == {"MarketType": "capacity-block"}
        stage.run_until(START + 10 * MINUTE)
        assert stage.steps(group) == []
        assert stage.kinds() == ["timeline", "payment-failed"]


def test_a_block_that_ec2_never_delivers_is_told_and_its_group_is_free_again() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        stage.engine().plan_delivery(block, None)
        stage.run_until(START + 10 * MINUTE)
        assert stage.state(block) == "failed"
        assert stage.sizes(group) == (0, 1, 0)
        assert stage.bound_to(group) is None
        assert stage.scheduled(group) == {}
        assert stage.kinds() == ["timeline", "state-failed"]
