"""Something is away or broken for a while: nothing of it lets an instance go undrained."""

from datetime import datetime, timedelta

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.draining.drainer import Outcome
from tests.factories import END, a_reservation
from tests.fakes import refused, unclear
from tests.fakes.nodes import FakePod
from tests.unit.shell.draining.stage import DEADLINE, DRAIN_AT, I1, MINUTE, RECLAIM_AT, SECOND, Stage

AWAY = 2 * MINUTE


@pytest.mark.parametrize("since", [timedelta(0), 10 * SECOND, 20 * SECOND])
@pytest.mark.parametrize("part", ["lifecycle", "blocks", "cluster"])
def test_an_api_that_is_away_for_two_minutes_is_waited_out(part: str, since: timedelta) -> None:
    stage = Stage()
    stage.add(I1)
    getattr(stage, part).away.leave(DRAIN_AT + since, DRAIN_AT + since + AWAY)
    stage.start()
    stage.run()

    (report,) = stage.drains.results("cr-0a")
    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert report.verdict is Verdict.DRAINED
    assert stage.lifecycle.timed_out == []
    assert stage.lifecycle.completed[I1] < DRAIN_AT + AWAY + MINUTE


def test_evictions_do_not_wait_for_ec2_where_the_group_knows_its_block() -> None:
    stage = Stage()
    stage.add(I1)
    stage.blocks.away.leave(DRAIN_AT, DRAIN_AT + AWAY)
    stage.start()
    stage.run()

    assert stage.cluster.pods[I1][0].told_at == DRAIN_AT


def test_an_instance_whose_block_nobody_knows_is_drained_when_ec2_answers() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.BOUND_TO: ""})
    stage.blocks.away.leave(DRAIN_AT, DRAIN_AT + AWAY)
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert [r.instance_id for r in stage.drains.results("cr-0a")] == [I1]


def test_an_api_that_stays_away_lets_go_at_the_deadline_and_says_so() -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.away.leave(DRAIN_AT + 10 * SECOND, RECLAIM_AT)
    stage.start()
    stage.run()

    (report,) = stage.drains.results("cr-0a")
    assert stage.outcomes == {"r1": Outcome.LET_GO}
    assert stage.lifecycle.completed == {I1: DEADLINE}
    assert "ListPods: ReadTimeoutError" in report.reasons[0]
    assert [notice.kind for notice in stage.notifier.sent] == ["stuck-drain"]


def test_a_wait_is_not_lost_while_auto_scaling_is_away() -> None:
    stage = Stage()
    stage.lifecycle.hook = 3 * MINUTE
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=6 * MINUTE)]
    stage.lifecycle.away.leave(DRAIN_AT + 50 * SECOND, DRAIN_AT + 50 * SECOND + AWAY)
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.lifecycle.timed_out == []


@pytest.mark.parametrize("method", ["read", "write", "records", "measure"])
def test_a_ledger_that_does_not_answer_stops_no_drain(method: str) -> None:
    stage = Stage()
    stage.add(I1)
    stage.drains.errors[method] = unclear()
    stage.at(DRAIN_AT + 50 * SECOND, stage.drains.errors.clear)
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 30 * SECOND}
    assert [r.verdict for r in stage.drains.results("cr-0a")] == [Verdict.DRAINED]


def test_a_ledger_that_comes_back_learns_what_has_happened_meanwhile() -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=3 * MINUTE)]
    stage.drains.errors["read"] = unclear()
    stage.at(DRAIN_AT + MINUTE, stage.drains.errors.clear)
    stage.start()
    stage.run(DRAIN_AT + 2 * MINUTE)

    record = stage.drains.held["cr-0a", I1]
    assert (record.started, record.evicted) == (DRAIN_AT, ("ml/worker",))
    assert record.is_under_way(stage.clock.now())


def test_settings_that_cannot_be_read_keep_up_no_pod_that_they_could_not_spare() -> None:
    stage = Stage()
    stage.add(I1)
    stage.settings.errors["texts"] = unclear()
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 30 * SECOND}


SPARE, EVICT = '{"drain": {"delete_emptydir_data": false}}', '{"drain": {"delete_emptydir_data": true}}'


@pytest.mark.parametrize(
    ("settings", "told_at", "let_go"),
    [
        (EVICT, DRAIN_AT + MINUTE, DRAIN_AT + 90 * SECOND),
        ("", DRAIN_AT + MINUTE, DRAIN_AT + 90 * SECOND),
        (SPARE, None, DEADLINE),
    ],
)
def test_what_they_might_spare_is_evicted_once_they_can_be_read_and_do_not(
    settings: str, told_at: datetime | None, let_go: datetime
) -> None:
    stage = Stage()
    stage.add(I1)
    plain, scratch = FakePod("ml/plain"), FakePod("ml/scratch", scratch=True)
    stage.cluster.pods[I1] = [plain, scratch]
    stage.settings.held |= {"training": settings} if settings else {}
    stage.settings.errors["texts"] = unclear()
    stage.at(DRAIN_AT + MINUTE, stage.settings.errors.clear)
    stage.start()
    stage.run()

    assert (plain.told_at, scratch.told_at) == (DRAIN_AT, told_at)
    assert stage.lifecycle.completed == {I1: let_go}


def test_while_they_cannot_be_read_nothing_is_evicted_that_they_might_spare() -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/scratch", scratch=True)]
    stage.settings.errors["texts"] = unclear()
    stage.start()
    stage.run()

    assert stage.cluster.pods[I1][0].told_at is None
    assert stage.lifecycle.completed == {I1: DEADLINE}


def test_a_document_is_not_run_again_when_the_settings_can_be_read() -> None:
    stage = Stage()
    stage.add(I1, tags={tag.DRAIN: "ssm:Drain"})
    stage.commands.hidden.add("c-0")  # as it is for a moment
    stage.settings.errors["texts"] = unclear()
    stage.at(DRAIN_AT + 15 * SECOND, stage.settings.errors.clear)
    stage.start()
    stage.run()

    assert len(stage.commands.sent) == 1


def test_a_hook_that_cannot_be_read_is_taken_for_the_shortest() -> None:
    stage = Stage()
    stage.lifecycle.hook = 30 * SECOND
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=2 * MINUTE)]
    stage.lifecycle.errors["timeout"] = unclear()
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert stage.lifecycle.timed_out == []


def test_a_release_that_does_not_get_through_is_tried_again() -> None:
    stage = Stage()
    stage.add(I1)
    stage.lifecycle.away.leave(DRAIN_AT + 30 * SECOND, DRAIN_AT + 60 * SECOND)
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert DRAIN_AT + 60 * SECOND <= stage.lifecycle.completed[I1] <= DRAIN_AT + 70 * SECOND


def test_what_aws_refuses_for_good_fails_the_run() -> None:
    stage = Stage()
    stage.add(I1)
    stage.lifecycle.errors["member"] = refused("DescribeAutoScalingInstances")
    stage.start()
    stage.run()

    assert stage.outcomes == {"r1": "failed: DescribeAutoScalingInstances"}


def test_a_hand_over_that_fails_fails_the_run_and_the_sweep_goes_on() -> None:
    stage = Stage(lasts=100 * SECOND)
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=150 * SECOND)]
    stage.errors["invoke"] = unclear("Invoke")
    stage.start()
    stage.start(run="sweep", after=2 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": "failed: Invoke", "sweep": Outcome.DRAINED}


# --- an UltraServer, or not? -----------------------------------------------------


def test_a_block_that_cannot_be_told_from_an_ultraserver_is_not_let_go_for_that() -> None:
    stage = Stage()
    stage.add(I1, block=a_reservation(ultraserver=None))
    stage.cluster.pods[I1] = [FakePod("ml/worker", held="ml/workers")]
    stage.start()
    stage.run()

    assert stage.lifecycle.completed == {I1: DEADLINE}


def test_in_the_drain_of_an_ultraserver_the_earlier_deadline_stands() -> None:
    stage = Stage()
    stage.add(I1, block=a_reservation(ultraserver=None, end=END + 30 * MINUTE))
    stage.cluster.pods[I1] = [FakePod("ml/worker", held="ml/workers")]
    stage.start()
    stage.run()

    assert stage.lifecycle.completed == {I1: DEADLINE}


LATER = DRAIN_AT + 65 * MINUTE  # what goes so long before the end is in the drain of an UltraServer, else not yet


@pytest.mark.parametrize(
    ("native", "error", "let_go"),
    [
        (40, False, DRAIN_AT + 10 * MINUTE),
        (40, True, LATER - 61 * MINUTE),
        (70, False, LATER - 61 * MINUTE),
        (None, False, LATER - 61 * MINUTE),
    ],
)
def test_a_native_drain_action_tells_what_the_deadline_depends_on(
    native: int | None, error: bool, let_go: datetime
) -> None:
    stage = Stage()
    stage.add(I1, block=a_reservation(ultraserver=None, end=LATER))
    stage.cluster.pods[I1] = [FakePod("ml/worker", held="ml/workers")]
    stage.lifecycle.drains |= {"train": LATER - native * MINUTE} if native is not None else {}
    stage.lifecycle.errors |= {"drain_action": unclear("DescribeScheduledActions")} if error else {}
    stage.start()
    stage.run(END)

    assert stage.lifecycle.completed == {I1: let_go}
