"""Meeting instants to the second, polling from a start until EC2 says active, and giving way to a newer run."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core.action import Say, Scale
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import Wakeups
from capacity_blocks.reconciler import Report
from capacity_blocks.request import Request
from capacity_blocks.watch import Watch
from tests.factories import END, START, a_reservation
from tests.fakes import FakeWakeups, unclear
from tests.unit.shapes import ACTIVE, DRAIN_AT, drain_action, instances
from tests.unit.shell.stage import Stage
from tests.unit.shell.test_reconciler import BOUND, RUNNING

SECOND, MINUTE, MOMENT = timedelta(seconds=1), timedelta(minutes=1), timedelta(microseconds=1)
FOUR_MINUTES = timedelta(minutes=4)


class WatchStage(Stage):
    """A stage on which runs keep watch."""

    def keep(
        self, *, lasting: timedelta = FOUR_MINUTES, run: str = "run", wakeups: Wakeups | None = None, **request: Any
    ) -> Report:
        watch = Watch(
            clock=self.clock,
            ledger=self.ledger,
            reconciler=self.reconciler(run=run),
            wakeups=self.wakeups if wakeups is None else wakeups,
            run=run,
        )
        return watch.keep(Request(**request), until=self.clock.instant + lasting)

    @property
    def wakeups(self) -> FakeWakeups:
        if not hasattr(self, "_wakeups"):
            self._wakeups = FakeWakeups()
        return self._wakeups


def at(now: datetime, **group: Any) -> WatchStage:
    """Return a stage at an instant in the life of a bound block that EC2 says is scheduled."""
    stage = WatchStage()
    stage.clock.instant = now
    stage.region.groups.add(replace(BOUND, maximum=8, **group))
    stage.region.groups.put_scheduled_action("train", drain_action())
    stage.region.reservations.hold(a_reservation())
    return stage


def activates(stage: WatchStage, when: datetime) -> None:
    stage.clock.events.append((when, lambda: stage.region.reservations.hold(ACTIVE)))


def sizes(report: Report) -> list[int]:
    return [s.action.desired for s in report.steps if isinstance(s.action, Scale)]


def test_a_drain_that_is_near_is_met_to_the_second() -> None:
    stage = at(DRAIN_AT - 75 * SECOND, desired=8, instances=instances(8))
    stage.region.reservations.hold(ACTIVE)

    report = stage.keep()

    assert stage.clock.instant == DRAIN_AT
    assert (sizes(report), report.now) == ([0], DRAIN_AT)


def test_a_drain_that_is_far_is_left_to_a_schedule() -> None:
    stage = at(DRAIN_AT - 76 * SECOND, desired=8, instances=instances(8))
    stage.region.reservations.hold(ACTIVE)

    report = stage.keep()

    assert stage.clock.instant == DRAIN_AT - 76 * SECOND
    assert (sizes(report), stage.wakeups.instants) == ([], {DRAIN_AT})


@pytest.mark.parametrize("delay", [0, 1, 3, 40, 170], ids=lambda s: f"{s} seconds late")
def test_from_the_start_it_is_polled_and_a_late_delivery_is_met_within_seconds(delay: int) -> None:
    stage = at(START - 30 * SECOND)
    activates(stage, START + delay * SECOND)

    report = stage.keep()

    assert sizes(report) == [8]
    [scaled] = [s for s in report.steps if isinstance(s.action, Scale)]
    assert scaled.outcome == "done"
    assert START + delay * SECOND <= stage.clock.instant <= START + (delay + 3) * SECOND


def test_a_run_comes_back_before_its_time_is_over() -> None:
    stage = at(START)

    report = stage.keep(lasting=10 * SECOND)

    assert stage.clock.instant == START + 9 * SECOND
    assert report.look_again_at == START + 12 * SECOND


def test_a_run_that_has_nothing_near_comes_back_at_once() -> None:
    stage = at(START - timedelta(days=3))

    report = stage.keep()

    assert (stage.clock.instant, report.look_again_at) == (START - timedelta(days=3), START)
    assert stage.wakeups.instants == {START}


def test_with_nothing_due_ever_no_schedule_is_made() -> None:
    stage = WatchStage()

    assert stage.keep().look_again_at is None
    assert stage.wakeups.instants == set()


def test_a_schedule_that_runs_a_minute_early_waits_for_its_instant() -> None:
    stage = at(START - 60 * SECOND)
    activates(stage, START)

    report = stage.keep(trigger="look-again", look_again_at=START)

    assert (sizes(report), stage.clock.instant) == ([8], START)


ASKED = {
    "over": (START - 2 * timedelta(days=1), timedelta()),
    "now": (START - timedelta(days=1), timedelta()),
    "a minute ahead": (START - timedelta(days=1) + MINUTE, MINUTE),
    "as far ahead as makes sense": (START - timedelta(days=1) + 150 * SECOND, 150 * SECOND),
    "farther": (START, 150 * SECOND),
}


@pytest.mark.parametrize(("asked", "waited"), ASKED.values(), ids=ASKED.keys())
def test_an_instant_is_waited_for_as_long_as_makes_sense(asked: datetime, waited: timedelta) -> None:
    stage = at(START - timedelta(days=1))

    stage.keep(look_again_at=asked)

    assert stage.clock.instant - (START - timedelta(days=1)) == waited


def test_an_instant_is_not_waited_for_beyond_the_time_of_a_run() -> None:
    stage = at(START - timedelta(days=1))

    stage.keep(lasting=10 * SECOND, look_again_at=START)

    assert stage.clock.instant == START - timedelta(days=1) + 10 * SECOND


def test_of_several_runs_the_newest_keeps_watch() -> None:
    stage = at(START)
    stage.clock.events.append((START + 10 * SECOND, lambda: stage.ledger.take_watch("newer")))

    stage.keep()

    assert stage.clock.instant == START + 12 * SECOND
    assert stage.ledger.watcher == "newer"


def test_a_run_that_gives_way_at_an_instant_has_met_it() -> None:
    stage = at(DRAIN_AT - 30 * SECOND, desired=8, instances=instances(8))
    stage.region.reservations.hold(ACTIVE)
    stage.clock.events.append((DRAIN_AT - 10 * SECOND, lambda: stage.ledger.take_watch("newer")))

    assert sizes(stage.keep()) == [0]


@pytest.mark.parametrize("method", ["take_watch", "keeps_watch"])
def test_a_ledger_that_does_not_answer_stops_nobody(method: str) -> None:
    stage = at(START)
    activates(stage, START + 5 * SECOND)
    stage.ledger.errors[method] = unclear()

    report = stage.keep()

    assert sizes(report) == [8]
    assert len(report.errors) >= 1


def test_a_schedule_that_cannot_be_made_is_an_error_and_the_rest_is_done() -> None:
    stage = at(DRAIN_AT, desired=8, instances=instances(8))
    stage.region.reservations.hold(ACTIVE)
    wakeups = FakeWakeups(errors={"wake_at": unclear("CreateSchedule")})

    report = stage.keep(wakeups=wakeups)

    assert (sizes(report), report.errors) == ([0], ("CreateSchedule: ReadTimeoutError: no answer came",))


def test_where_nothing_may_be_written_no_schedule_is_made() -> None:
    stage = at(START - timedelta(days=3))
    watch = Watch(clock=stage.clock, ledger=stage.ledger, reconciler=stage.reconciler(), wakeups=None, run="run")

    report = watch.keep(Request(), until=START)

    assert (report.look_again_at, report.errors) == (START, ())


def test_a_dry_run_looks_once_and_waits_for_nothing() -> None:
    stage = at(START)

    report = stage.keep(dry_run=True, look_again_at=END)

    assert stage.clock.instant == START
    assert (stage.ledger.watcher, stage.wakeups.instants) == (None, set())
    assert report.look_again_at == START + 3 * SECOND


@pytest.mark.parametrize("narrow", [{"pool": "training"}, {"reservation_id": "cr-0a"}, {"region": "us-east-2"}])
def test_a_run_that_looks_at_less_than_everything_keeps_no_watch(narrow: dict[str, Any]) -> None:
    stage = at(DRAIN_AT - 20 * SECOND)
    report = stage.keep(**narrow)

    assert (stage.clock.instant, stage.ledger.watcher) == (report.now, None)


def test_all_that_a_run_did_is_in_one_report() -> None:
    stage = at(START - 10 * SECOND)
    activates(stage, START + 4 * SECOND)

    report = stage.keep()

    assert [s.action.notice.kind for s in report.steps if isinstance(s.action, Say)] == ["timeline", "scaled-out"]
    assert report.now == START + 6 * SECOND


def test_a_region_that_cannot_be_read_at_an_instant_is_left_to_the_sweep() -> None:
    stage = at(DRAIN_AT - 10 * SECOND, desired=8, instances=instances(8))
    stage.region.reservations.hold(ACTIVE)
    stage.clock.events.append((DRAIN_AT, lambda: stage.region.groups.errors.update({"tagged": unclear("Describe")})))

    report = stage.keep()

    assert (stage.clock.instant, sizes(report), report.look_again_at) == (DRAIN_AT, [], None)
    assert report.errors == ("us-east-2: the region could not be read: Describe: ReadTimeoutError: no answer came",)


def test_an_active_block_is_not_polled() -> None:
    stage = at(START, desired=8, instances=instances(8))
    stage.region.reservations.hold(replace(ACTIVE, state=ReservationState.ACTIVE))

    stage.keep()

    assert stage.clock.instant == START
    assert RUNNING.desired == 8
