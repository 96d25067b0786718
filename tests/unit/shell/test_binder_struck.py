"""Binding and setting free, struck at every call: by a crash, a lost reply, or another run that cuts in."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count

import greenlet
import pytest

from capacity_blocks.binder import Binder, ClaimLostError
from capacity_blocks.core import tag
from capacity_blocks.core.action import Bind
from capacity_blocks.core.binding import ClaimState
from capacity_blocks.core.target import Target, TemplateVersion
from capacity_blocks.ports import AwsError
from tests.factories import a_launch_template
from tests.fakes import unclear
from tests.unit.shapes import drain_action
from tests.unit.shell.stage import (
    BIND,
    BIND_GPU,
    GPU,
    NOW,
    ORIGINAL,
    TRAIN,
    UNBIND,
    Hook,
    Stage,
    a_stage,
    binder,
    minutes,
    struck_ledger,
    struck_region,
)

OTHER = replace(BIND, reservation_id="cr-0b")
SECOND = TemplateVersion(template_id="lt-0a", version="2")
Job = Callable[[Stage, Binder, Target], str]


class CrashError(Exception):
    """Lambda is gone, between two calls."""


def nothing(_call: str) -> None:
    """Let a call pass."""


def bind(stage: Stage, mine: Binder, seen: Target) -> str:
    return mine.bind(stage.port, seen, BIND, NOW)


def unbind(stage: Stage, mine: Binder, seen: Target) -> str:
    return mine.unbind(stage.port, seen, UNBIND, NOW)


def a_stage_before(job: Job) -> Stage:
    stage = a_stage()
    if job is unbind:
        binder(stage, "first").bind(stage.port, stage.seen(), BIND, minutes(-60))
        stage.region.groups.put_scheduled_action("train", drain_action())
        stage.region.groups.scale("train", minimum=0, maximum=0, desired=0)
    return stage


def strikes(job: Job, error: Exception, *, after: bool) -> Iterator[Stage]:
    """Do the job again and again, with the error before or after its first call, its second, and so on."""
    for number in count():
        stage, calls = a_stage_before(job), count()

        def strike(_call: str, calls: Iterator[int] = calls, number: int = number) -> None:
            if next(calls) == number:
                raise error

        hooks = (nothing, strike) if after else (strike, nothing)
        mine = Binder(ledger=struck_ledger(stage.ledger, *hooks), run="struck")
        seen = stage.seen()
        region = struck_region(stage.port, *hooks)
        try:
            if job is bind:
                mine.bind(region, seen, BIND, NOW)
            else:
                mine.unbind(region, seen, UNBIND, NOW)
        except (CrashError, AwsError):
            yield stage
        else:
            assert next(calls) <= number, "the error went unnoticed"
            assert number > 4, "the job makes more calls than that"
            return


ERRORS = {"a crash": CrashError(), "a reply that is lost": unclear()}


def is_whole(stage: Stage, reservation_id: str) -> bool:
    """Whether tag, template, subnets and claim all say the same, and what was before is still known."""
    claim, group = stage.ledger.claims[TRAIN], stage.group
    assert group.template is not None
    launched = stage.region.templates.read(group.template)
    return (
        group.tags.get(tag.BOUND_TO) == claim.reservation_id == launched.reservation_id == reservation_id
        and claim.state is ClaimState.BOUND
        and claim.made_version == group.template
        and (claim.previous.subnets, claim.previous.maximum) == (ORIGINAL.subnets, ORIGINAL.maximum)
        and group.subnets == ("subnet-a",)
        and launched.market_type == "capacity-block"
    )


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS.keys())
def test_a_bind_that_was_struck_anywhere_is_finished_by_a_later_run(error: Exception, after: bool) -> None:
    for stage in strikes(bind, error, after=after):
        seen = stage.seen()
        if seen.bound_to is None:  # else nothing more is asked for
            assert binder(stage, "next").bind(stage.port, seen, BIND, minutes(12)) == "bound"
            assert is_whole(stage, "cr-0a")
        assert stage.group.template == SECOND
        # Nothing was made twice, and what was before can be gone back to.
        assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}
        assert binder(stage, "last").unbind(stage.port, stage.seen(), UNBIND, minutes(60)) == "free"
        assert stage.group == replace(ORIGINAL, template=SECOND)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS.keys())
def test_a_target_whose_freeing_was_struck_anywhere_is_free_in_the_end(error: Exception, after: bool) -> None:
    for stage in strikes(unbind, error, after=after):
        seen = stage.seen()
        if seen.bound_to is not None:
            assert binder(stage, "next").unbind(stage.port, seen, UNBIND, minutes(6)) == "free"
        assert stage.group == replace(ORIGINAL, template=SECOND)
        assert stage.region.groups.scheduled_actions() == {}

        assert binder(stage, "last").bind(stage.port, stage.seen(), OTHER, minutes(12)) == "bound"
        assert is_whole(stage, "cr-0b")
        assert stage.region.templates.versions["lt-0a"].keys() == {"1", "3"}


def steps(stage: Stage, mine: Binder, at: list[float], before: Hook, after: Hook) -> None:
    """Bind the node group in as many runs as are given, with EKS done with its updates after each."""
    for minute in at:
        if stage.seen(GPU).bound_to is None:
            try:
                mine.bind(struck_region(stage.port, before, after), stage.seen(GPU), BIND_GPU, minutes(minute))
            finally:
                for update in stage.region.node_groups.updates:
                    stage.region.node_groups.finish(update)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_bind_of_a_node_group_that_was_struck_anywhere_is_finished_by_a_later_run(after: bool) -> None:
    for number in range(20):
        stage, calls = Stage(), count()
        stage.add_node_group()

        def strike(_call: str, calls: Iterator[int] = calls, number: int = number) -> None:
            if next(calls) == number:
                raise CrashError

        hooks = (nothing, strike) if after else (strike, nothing)
        mine = Binder(ledger=struck_ledger(stage.ledger, *hooks), run="struck")
        with suppress(CrashError):
            steps(stage, mine, [0, 1, 2], *hooks)
        steps(stage, binder(stage, "next"), [20, 40, 60], nothing, nothing)

        assert stage.seen(GPU).bound_to == "cr-0a"
        assert stage.region.node_groups.descriptions["ml", "gpu"].template == SECOND
        assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}


def interleavings(stage_of: Callable[[], Stage], jobs: tuple[Job, Job]) -> Iterator[tuple[Stage, list[str]]]:
    """Run two jobs over one region and one ledger, with every pair of points at which one gives way to the other.

    The first does `head` calls, then the second does `middle` calls, then the first runs to its end, then the second.
    """
    head = 0
    while True:
        ended_in_head = True
        for middle in count():
            stage, outcomes, pauses = stage_of(), ["", ""], [0, 0]
            workers = [greenlet.greenlet(_worker(stage, job, n, outcomes)) for n, job in enumerate(jobs)]
            for worker, calls in ((workers[0], head), (workers[1], middle)):
                for _ in range(calls + 1):
                    if not worker.dead:
                        worker.switch()
            pauses = [int(w.dead) for w in workers]
            for worker in workers:
                while not worker.dead:
                    worker.switch()
            yield stage, outcomes
            ended_in_head = bool(pauses[0])
            if pauses[1]:
                break
        if ended_in_head:
            return
        head += 1


def _worker(stage: Stage, job: Job, number: int, outcomes: list[str]) -> Callable[[], None]:
    seen = stage.seen()  # both have looked before either acts
    hub = greenlet.getcurrent()

    def give_way(_call: str) -> None:
        hub.switch()

    def work() -> None:
        struck = Stage(region=stage.region, ledger=stage.ledger)
        mine = Binder(ledger=struck_ledger(stage.ledger, give_way, nothing), run=f"run-{number}")
        region = struck_region(struck.port, give_way, nothing)
        try:
            outcomes[number] = job(_Through(region), mine, seen)  # type: ignore[arg-type]  # as much of it as a job uses
        except ClaimLostError:
            outcomes[number] = "lost"

    return work


class _Through:
    def __init__(self, port: object) -> None:
        self.port = port


def binds(action: Bind) -> Job:
    return lambda stage, mine, seen: mine.bind(stage.port, seen, action, NOW)


@pytest.mark.parametrize("second", ["cr-0a", "cr-0b"], ids=["to one block", "to two blocks"])
def test_of_two_runs_at_once_one_binds_a_target_and_only_once(second: str) -> None:
    ways = 0
    for stage, outcomes in interleavings(a_stage, (binds(BIND), binds(replace(BIND, reservation_id=second)))):
        ways += 1
        assert sorted(o == "bound" for o in outcomes) == [False, True]
        assert is_whole(stage, ["cr-0a", second][outcomes.index("bound")])
        assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}
    assert ways > 20


def test_of_two_runs_that_set_a_target_free_at_once_both_leave_it_free() -> None:
    ways = 0
    for stage, outcomes in interleavings(lambda: a_stage_before(unbind), (unbind, unbind)):
        ways += 1
        assert "free" in outcomes
        assert stage.group == replace(ORIGINAL, template=SECOND)
        assert stage.ledger.claims[TRAIN].state is ClaimState.FREE
    assert ways > 20


def free_then_bind_and_run(stage: Stage, mine: Binder, seen: Target) -> str:
    """Set the target free, bind it to the next block, and have it run there."""
    if mine.unbind(stage.port, seen, UNBIND, NOW) != "free":
        return "left"
    free = replace(seen, bound_to=None, subnets=ORIGINAL.subnets, maximum=ORIGINAL.maximum, scheduled_actions=())
    if mine.bind(stage.port, free, OTHER, minutes(1)) != "bound":
        return "free"
    stage.port.groups.scale("train", minimum=0, maximum=8, desired=8)
    return "runs"


def test_a_run_that_is_held_up_in_setting_a_target_free_takes_nothing_from_the_next_block() -> None:
    ran = 0
    for stage, outcomes in interleavings(lambda: a_stage_before(unbind), (free_then_bind_and_run, unbind)):
        if outcomes[0] == "runs":
            ran += 1
            assert is_whole(stage, "cr-0b")
            assert stage.group.desired == 8
        else:
            assert "free" in outcomes
    assert ran > 10


def test_a_run_that_is_held_up_before_a_bind_scales_nothing_in() -> None:
    def bind_and_run(stage: Stage, mine: Binder, seen: Target) -> str:
        if mine.bind(stage.port, seen, BIND, NOW) != "bound":
            return "left"
        stage.port.groups.scale("train", minimum=0, maximum=12, desired=8)
        return "runs"

    ran = 0
    for stage, outcomes in interleavings(a_stage, (bind_and_run, binds(OTHER))):
        if outcomes[0] == "runs":
            ran += 1
            assert is_whole(stage, "cr-0a")
            assert stage.group.desired == 8
    assert ran > 10


def test_the_stage_itself_shows_what_would_go_wrong_without_claims() -> None:
    """Two runs that change the group as they like leave it torn: the checks above can fail."""
    stage = a_stage()
    stage.region.templates.add(a_launch_template(version="2", market_type="capacity-block", reservation_id="cr-0a"))
    binder(stage).bind(stage.port, stage.seen(), BIND, NOW)
    stage.region.groups.set_tag("train", tag.BOUND_TO, "cr-0b")

    assert not is_whole(stage, "cr-0a")
    assert not is_whole(stage, "cr-0b")
