"""Many instances at once, and several runs at one."""

from datetime import timedelta

import pytest

from capacity_blocks.draining.drainer import Outcome
from capacity_blocks.draining.keeper import LEASE
from tests.fakes import unclear
from tests.fakes.nodes import FakePod
from tests.unit.shell.draining.stage import DEADLINE, DRAIN_AT, I1, MINUTE, SECOND, Stage

MANY = tuple(f"i-{number:02x}" for number in range(64))


def test_sixty_four_instances_take_as_long_as_the_slowest() -> None:
    stage = Stage()
    stage.add(*MANY)
    for number, each in enumerate(MANY):
        stage.cluster.pods[each] = [FakePod(f"ml/{each}-{n}", takes=timedelta(seconds=60 + number)) for n in range(40)]
        stage.start(each, run=f"run-{each}")
    stage.run()

    assert set(stage.outcomes.values()) == {Outcome.DRAINED}
    assert max(stage.lifecycle.completed.values()) <= DRAIN_AT + 130 * SECOND
    assert len(stage.drains.results("cr-0a")) == 64
    assert stage.drains.longest("training") == max(stage.lifecycle.completed.values()) - DRAIN_AT


def test_a_second_event_joins_the_first_drain() -> None:
    stage = Stage()
    stage.add(I1)
    stage.start()
    stage.start(run="twin")
    stage.start(run="sweep", after=20 * SECOND)
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED, "twin": Outcome.JOINED, "sweep": Outcome.JOINED}
    assert len(stage.ledger.history["cr-0a"]) == 1


@pytest.mark.parametrize("after", [timedelta(), SECOND, 30 * SECOND, 100 * SECOND])
def test_a_warning_that_joins_a_drain_shortens_it(after: timedelta) -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", held="ml/workers")]
    stage.start()
    stage.start(run="warning", after=after, termination=DRAIN_AT + 4 * MINUTE)
    stage.start(run="later", after=after + SECOND, termination=DRAIN_AT + 6 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": Outcome.LET_GO, "warning": Outcome.JOINED, "later": Outcome.JOINED}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + 4 * MINUTE}
    told = [deadline for deadline in stage.cluster.deadlines[I1] if deadline != DEADLINE]
    assert set(told) == {DRAIN_AT + 4 * MINUTE}


def test_the_next_slice_remembers_the_warning() -> None:
    stage = Stage(lasts=MINUTE)
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", held="ml/workers")]
    stage.start()
    stage.start(run="warning", after=30 * SECOND, termination=DRAIN_AT + 4 * MINUTE)
    stage.run()

    assert stage.lifecycle.completed == {I1: DRAIN_AT + 4 * MINUTE}


def test_a_warning_that_cannot_be_written_down_fails_nothing() -> None:
    stage = Stage()
    stage.add(I1)
    stage.start()
    stage.at(DRAIN_AT + SECOND, lambda: stage.drains.errors.update(write=unclear("PutItem")))
    stage.at(DRAIN_AT + 3 * SECOND, stage.drains.errors.clear)
    stage.start(run="warning", after=2 * SECOND, termination=DRAIN_AT + 4 * MINUTE)
    stage.run()

    assert stage.outcomes == {"r1": Outcome.DRAINED, "warning": Outcome.JOINED}


def test_a_drain_that_somebody_is_at_is_under_way_and_then_no_more() -> None:
    stage = Stage()
    stage.add(I1)
    stage.start()
    stage.run(DRAIN_AT + 29 * SECOND)
    during = stage.drains.under_way(["cr-0a"], stage.clock.now())
    stage.run()

    assert during == {I1}
    assert stage.drains.under_way(["cr-0a"], stage.clock.now()) == set()


def test_a_run_that_crashes_is_taken_over_by_its_own_retry_at_once() -> None:
    stage = Stage()
    stage.cluster.crashes = frozenset({3})
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=2 * MINUTE)]
    stage.start()
    stage.run(DRAIN_AT + 30 * SECOND)
    assert stage.outcomes == {"r1": "crashed"}
    stage.start()  # Lambda's retry has the same name
    stage.run()

    (report,) = stage.drains.results("cr-0a")
    assert stage.outcomes == {"r1": Outcome.DRAINED}
    assert (report.started, report.ended) == (DRAIN_AT, DRAIN_AT + 2 * MINUTE)
    assert report.evicted == ("ml/worker",)


def test_a_run_that_crashes_is_taken_over_by_any_other_when_its_lease_is_over() -> None:
    stage = Stage()
    stage.cluster.crashes = frozenset({1})
    stage.add(I1)
    stage.start()
    stage.start(run="early", after=LEASE - SECOND)
    stage.start(run="sweep", after=LEASE)
    stage.run()

    assert stage.outcomes == {"r1": "crashed", "early": Outcome.JOINED, "sweep": Outcome.DRAINED}
    assert stage.lifecycle.completed == {I1: DRAIN_AT + LEASE + 30 * SECOND}


@pytest.mark.parametrize("crash", range(1, 8))
def test_wherever_a_run_crashes_the_sweep_sees_to_it_in_time(crash: int) -> None:
    stage = Stage()
    stage.cluster.crashes = frozenset({crash})
    stage.add(I1)
    stage.start()
    for minute in range(1, 10):
        stage.start(run=f"sweep {minute}", after=minute * MINUTE)
    stage.run()

    assert stage.lifecycle.timed_out == []
    assert [r.verdict for r in stage.drains.results("cr-0a")] == ["drained"]
    assert stage.lifecycle.completed[I1] <= DRAIN_AT + 4 * MINUTE


def test_a_run_that_was_held_up_leaves_the_instance_to_the_one_that_took_over() -> None:
    stage = Stage()
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=5 * MINUTE)]
    stage.start()
    stage.run(DRAIN_AT + 10 * SECOND)
    held = stage.drains.held["cr-0a", I1]
    stage.drains.held["cr-0a", I1] = type(held)(**{f: getattr(held, f) for f in held.__slots__} | {"run": "other"})
    stage.run()

    assert stage.outcomes == {"r1": Outcome.JOINED}
    assert stage.lifecycle.completed == {}


# --- slices ----------------------------------------------------------------------


def test_a_drain_that_outlasts_its_run_goes_on_in_the_next() -> None:
    stage = Stage(lasts=100 * SECOND)
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=8 * MINUTE)]
    stage.lifecycle.hook = 2 * MINUTE
    stage.start()
    stage.run()

    assert list(stage.outcomes.values()) == [*[Outcome.HANDED_ON] * 4, Outcome.DRAINED]
    assert DRAIN_AT + 8 * MINUTE <= stage.lifecycle.completed[I1] < DRAIN_AT + 8 * MINUTE + 5 * SECOND
    assert stage.lifecycle.timed_out == []
    (report,) = stage.drains.results("cr-0a")
    assert (report.started, report.evicted) == (DRAIN_AT, ("ml/worker",))


def test_the_deadline_stands_in_every_slice() -> None:
    stage = Stage(lasts=100 * SECOND)
    stage.add(I1)
    stage.cluster.pods[I1] = [FakePod("ml/worker", held="ml/workers")]
    stage.start()
    stage.run()

    assert set(stage.cluster.deadlines[I1]) == {DEADLINE}
    assert stage.lifecycle.completed == {I1: DEADLINE}
    assert len(stage.notifier.sent) == 1


def test_the_next_slice_knows_of_ec2s_warning() -> None:
    stage = Stage(lasts=30 * SECOND)
    stage.add(I1, state="InService")
    stage.cluster.pods[I1] = [FakePod("ml/worker", takes=100 * SECOND)]
    stage.start(termination=DRAIN_AT + 5 * MINUTE)
    stage.run()

    assert set(stage.cluster.deadlines[I1]) == {DRAIN_AT + 5 * MINUTE}
    assert Outcome.DRAINED in stage.outcomes.values()
    assert len(stage.outcomes) > 1
