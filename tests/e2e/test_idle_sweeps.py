"""Sweeps of Slack's queue are left out while nothing is in it, and never when something is."""

from datetime import timedelta

from tests.e2e.slack_stage import FUNCTION, ending, telling
from tests.e2e.stage import MINUTE


def test_an_empty_queue_is_not_looked_through_and_what_comes_is_told_within_two_minutes() -> None:
    with telling() as told:
        told.stage.run_for(minutes=10)
        assert [run for run in told.stage.world.functions.invocations if run.function.logical_id == FUNCTION] == []

        told.publish(ending(1))
        told.stage.run_for(minutes=2)
        assert len(told.messages) == 1


def test_what_slack_gives_back_is_looked_for_though_nobody_can_see_it_in_the_queue() -> None:
    with telling() as told:
        told.workspace.trouble(500, lasting=timedelta(minutes=5))
        told.publish(ending(1))
        told.stage.run_for(minutes=8)

        assert len(told.messages) == 1
        assert len([at for at in told.workspace.attempts if at < told.messages[0].at]) >= 4
        assert told.stage.world.now - told.messages[0].at > MINUTE
