from capacity_blocks.core.target import Instance, ScheduledAction
from tests.factories import START, a_target


def test_a_scheduled_action_reads_as_a_line() -> None:
    action = ScheduledAction(name="capacity-blocks-start", start=START, minimum=0, maximum=8, desired=8)

    assert str(action) == "capacity-blocks-start at 2026-03-01 11:30 UTC: minimum 0, maximum 8, desired 8"


def test_one_that_recurs_may_have_no_start() -> None:
    assert str(ScheduledAction(name="nightly", start=None, desired=0)) == (
        "nightly at no time: minimum None, maximum None, desired 0"
    )


def test_the_instances_that_hooks_hold_are_those_in_terminating_wait() -> None:
    states = ["InService", "Terminating", "Terminating:Wait", "Terminating:Proceed", "Pending:Wait"]
    held = tuple(Instance(instance_id=f"i-{n}", lifecycle_state=state) for n, state in enumerate(states))

    assert a_target(instances=held).waiting == ("i-2",)
