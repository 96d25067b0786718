"""A block of another account, shared with this one: scaled and drained, never spent on."""

from typing import Any

from tests.e2e.stage import DRAIN_AT, END, MINUTE, RECLAIM_AT, SIZE, START, staged

OWNER: dict[str, Any] = {"OwnerId": "999988887777"}


def test_a_shared_block_that_carries_our_tag_is_scaled_and_drained() -> None:
    with staged() as stage:
        block, group = stage.block(**OWNER), stage.group()
        stage.run_until(START + 15 * MINUTE)
        assert len(stage.occupants(block)) == SIZE
        stage.run_until(RECLAIM_AT)
        assert stage.occupants(block) == []
        assert [at.replace(microsecond=0) for at, desired, _ in stage.steps(group) if not desired] == [DRAIN_AT]


def test_a_shared_block_is_claimed_by_the_settings_of_a_pool() -> None:
    with staged() as stage:
        block, group = stage.block(pool=None, **OWNER), stage.group()
        stage.settings("training", f'{{"reservations": ["{block}"]}}')
        stage.run_until(START + 15 * MINUTE)
        assert stage.bound_to(group) == block
        assert len(stage.occupants(block)) == SIZE


def test_a_shared_block_that_nobody_claims_is_somebody_elses_business() -> None:
    with staged() as stage:
        stage.block(pool=None, **OWNER)
        stage.run_until(END)
        assert stage.notices() == []
