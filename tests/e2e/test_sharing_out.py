"""Several blocks and several targets of one pool."""

from datetime import timedelta

from tests.e2e.stage import DRAIN_AT, END, MINUTE, SIZE, START, staged

HALF_A_DAY = timedelta(hours=12)
LATER_START, LATER_END = START + HALF_A_DAY, END + HALF_A_DAY
LATER_DRAIN_AT = LATER_END - 40 * MINUTE


def test_two_overlapping_blocks_and_two_targets_are_both_served() -> None:
    with staged() as stage:
        blocks = [stage.block(1), stage.block(2, StartDate=LATER_START, EndDate=LATER_END)]
        groups = [stage.group("train-a"), stage.group("train-b")]
        stage.run_until(LATER_START + timedelta(hours=1))
        assert [stage.bound_to(group) for group in groups] == blocks
        assert [len(stage.occupants(block)) for block in blocks] == [SIZE, SIZE]
        assert [len(stage.instances(group)) for group in groups] == [SIZE, SIZE]

        stage.run_until(LATER_END)
        downs = [at.replace(microsecond=0) for group in groups for at, desired, _ in stage.steps(group) if not desired]
        assert downs == [DRAIN_AT, LATER_DRAIN_AT]
        assert stage.reclaimed() == []
        assert "waiting" not in stage.kinds()


def test_with_one_target_the_second_block_waits_and_a_notice_says_what_to_add() -> None:
    with staged() as stage:
        first = stage.block(1)
        second = stage.block(2, StartDate=LATER_START, EndDate=LATER_END)
        stage.group(tags={"capacity-blocks:drain-lead-minutes": "45"})
        stage.run_for(minutes=5)
        assert stage.bound_to() == first
        [notice] = stage.notices("waiting")
        assert (notice["severity"], notice["reservation_id"]) == ("warning", second)
        assert "2 of 2 p5.48xlarge idle cost about $79 an hour" in notice["text"]
        assert "from 2027-03-20 23:30 UTC on" in notice["text"]
        assert f"train-a serves {first} and is free from about 2027-03-21 11:00 UTC" in notice["text"]
        assert notice["next_step"] == (
            "Add an Auto Scaling group of 2 p5.48xlarge, tagged capacity-blocks:pool=training, desired 0, "
            "with a subnet in us-east-2a (use2-az1)."
        )

        stage.run_until(LATER_START + MINUTE)
        assert [n["severity"] for n in stage.notices("waiting")] == ["warning", "critical"]
        assert stage.occupants(second) == []

        # Free from T-45 on, and its last instance gone soon after.
        stage.run_until(END - 38 * MINUTE)
        assert stage.bound_to() == second
        assert len(stage.occupants(second)) == SIZE
        stage.run_until(LATER_END)
        assert stage.occupants(second) == []
        assert stage.reclaimed() == []
        assert stage.sizes() == (0, 1, 0)


def test_a_block_is_shared_out_by_the_wishes_of_its_targets() -> None:
    with staged() as stage:
        block = stage.block(size=5)
        shares = {
            stage.group("train-a"): 2,  # all that is left
            stage.group("train-b", tags={"capacity-blocks:instances": "2"}): 2,
            stage.group("train-c", tags={"capacity-blocks:instances": "1"}): 1,
        }
        stage.run_until(START + 15 * MINUTE)
        assert {group: len(stage.instances(group)) for group in shares} == shares
        assert {group: stage.sizes(group) for group in shares} == {g: (0, n, n) for g, n in shares.items()}
        assert len(stage.occupants(block)) == 5
