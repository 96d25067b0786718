"""UltraServers are reclaimed an hour before their end: they, and what may be one, drain at T-70."""

from datetime import timedelta

from tests.e2e.stage import DRAIN_ACTION, DRAIN_AT, END, MINUTE, START, Stage, staged

EARLY_DRAIN_AT = END - timedelta(minutes=70)
TYPE = "p6e-gb200.36xlarge"


def drained_at(stage: Stage) -> list[object]:
    """When the group went to zero, to the second."""
    return [at.replace(microsecond=0) for at, desired, _ in stage.steps() if desired == 0]


def test_an_ultraserver_block_drains_at_t_minus_70() -> None:
    with staged() as stage:
        block = stage.block(InstanceType=TYPE)
        stage.ultraserver(block)
        stage.group(template={"InstanceType": TYPE})
        stage.run_until(START)
        assert stage.scheduled()[DRAIN_ACTION] == (EARLY_DRAIN_AT, 0)

        stage.run_until(END)
        assert drained_at(stage) == [EARLY_DRAIN_AT]
        assert stage.reclaimed() == []
        [timeline] = stage.notices("timeline")
        assert "to zero at 2027-03-21 10:20 UTC; EC2 terminates what is left from 2027-03-21 10:30" in timeline["text"]


def test_a_block_that_cannot_be_told_from_one_drains_at_t_minus_70() -> None:
    with staged() as stage, stage.refusing("DescribeCapacityBlocks"):
        stage.block(InstanceType=TYPE)
        stage.group(template={"InstanceType": TYPE})
        stage.run_until(END)
        assert drained_at(stage) == [EARLY_DRAIN_AT]
        assert stage.kinds() == ["kind-unknown", "timeline", "scaled-out", "in-service", "draining", "ended"]


def test_a_type_that_is_never_an_ultraserver_needs_no_telling() -> None:
    with staged() as stage, stage.refusing("DescribeCapacityBlocks"):
        stage.block()
        stage.group()
        stage.run_until(END)
        assert drained_at(stage) == [DRAIN_AT]
        assert "kind-unknown" not in stage.kinds()


def test_what_was_once_known_is_not_forgotten_when_it_cannot_be_asked_again() -> None:
    with staged() as stage:
        stage.block(InstanceType=TYPE)
        stage.group(template={"InstanceType": TYPE})
        stage.run_until(START + 10 * MINUTE)
        with stage.refusing("DescribeCapacityBlocks", code="CapacityBlockDescribeLimitExceeded"):
            stage.run_until(START + 20 * MINUTE)
        assert stage.scheduled()[DRAIN_ACTION] == (DRAIN_AT, 0)
