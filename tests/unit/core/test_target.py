from capacity_blocks.core.target import ScheduledAction
from tests.factories import START


def test_a_scheduled_action_reads_as_a_line() -> None:
    action = ScheduledAction(name="capacity-blocks-start", start=START, minimum=0, maximum=8, desired=8)

    assert str(action) == "capacity-blocks-start at 2026-03-01 11:30 UTC: minimum 0, maximum 8, desired 8"


def test_one_that_recurs_may_have_no_start() -> None:
    assert str(ScheduledAction(name="nightly", start=None, desired=0)) == (
        "nightly at no time: minimum None, maximum None, desired 0"
    )
