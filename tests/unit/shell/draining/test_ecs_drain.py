"""The drain of an ECS container instance."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.core.drain.container import ContainerInstance, Task
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.draining.ecs_drain import EcsDrain
from tests.fakes.nodes import FakeContainerInstances
from tests.unit.shell.draining.stage import DEADLINE, DRAIN_AT, I1, MINUTE, SECOND

ARN = "arn:aws:ecs:us-east-2:123456789012:container-instance/gpu/0a"
SERVED = Task(name="server:3 (0a)", group="service:server")
ALONE = Task(name="trainer:7 (0b)", group="family:trainer")


def on(*tasks: Task, **changes: object) -> FakeContainerInstances:
    running = sum(not task.told_to_stop for task in tasks)
    found = ContainerInstance(arn=ARN, cluster="gpu", running=running)
    return FakeContainerInstances(held={I1: replace(found, **changes)}, on={ARN: list(tasks)})  # type: ignore[arg-type]  # of any field


def test_its_state_is_set_and_its_tasks_are_waited_for() -> None:
    instances = on(SERVED)
    progress = EcsDrain(instances, None).look(I1, DRAIN_AT, DEADLINE)

    assert instances.held[I1].is_draining
    assert progress == Progress(
        verdict=Verdict.PENDING,
        reasons=("tasks run on it: 1",),
        left=(SERVED.name,),
        look_again_at=DRAIN_AT + 10 * SECOND,
    )


def test_a_task_that_was_told_to_stop_has_its_time_to_do_so() -> None:
    instances = on(SERVED)
    drain = EcsDrain(instances, "gpu")
    drain.look(I1, DRAIN_AT, DEADLINE)
    # ECS no longer counts it, and its containers still write.
    instances.held[I1] = replace(instances.held[I1], running=0)
    instances.on[ARN] = [replace(SERVED, told_to_stop=True)]
    stopping = drain.look(I1, DRAIN_AT + 10 * SECOND, DEADLINE)
    instances.on[ARN] = []
    gone = drain.look(I1, DRAIN_AT + 20 * SECOND, DEADLINE)

    assert (stopping.verdict, stopping.reasons) == (
        Verdict.PENDING,
        (f"task {SERVED.name} has been told to stop",),
    )
    assert gone == Progress(verdict=Verdict.DRAINED, reasons=("no task is left on it",), evicted=(SERVED.name,))


def test_a_task_of_no_service_is_somebody_elses_to_stop() -> None:
    progress = EcsDrain(on(SERVED, ALONE), None).look(I1, DRAIN_AT, DEADLINE)

    assert progress.stuck == (f"task {ALONE.name} belongs to no service, so ECS does not stop it: stop it yourself",)


def test_a_service_that_does_not_replace_its_task_is_named_in_time() -> None:
    instances = on(SERVED)
    drain = EcsDrain(instances, None)
    early = drain.look(I1, DRAIN_AT, DEADLINE)
    late = drain.look(I1, DEADLINE - 2 * MINUTE, DEADLINE)
    over = drain.look(I1, DEADLINE, DEADLINE)

    assert early.stuck == ()
    assert late.stuck == (
        f"task {SERVED.name} of service:server still runs: see the service's events for why it is not replaced",
    )
    assert (over.verdict, over.left, over.look_again_at) == (Verdict.LET_GO, (SERVED.name,), None)


def test_who_the_tasks_are_is_asked_when_it_matters() -> None:
    instances = on(SERVED)
    drain = EcsDrain(instances, None)
    for seconds in range(0, 420, 10):
        drain.look(I1, DRAIN_AT + seconds * SECOND, DEADLINE)

    assert instances.listed == 1


@pytest.mark.parametrize(("cluster", "where"), [(None, "any cluster"), ("other", "cluster other")])
def test_an_instance_that_is_not_where_it_should_be_is_looked_for_twice_and_told(
    cluster: str | None, where: str
) -> None:
    drain = EcsDrain(on(SERVED) if cluster else FakeContainerInstances(), cluster)
    first, second = (drain.look(I1, DRAIN_AT + n * 5 * SECOND, DEADLINE) for n in (0, 1))
    last = drain.look(I1, DEADLINE, DEADLINE)

    reason = (
        f"it is no container instance of {where}, so that nothing on it is drained: see that tags "
        "capacity-blocks:ecs-cluster and capacity-blocks:drain of its group say where it works, unless it never "
        "registered"
    )
    unknown = Progress(verdict=Verdict.PENDING, reasons=(reason,), look_again_at=DRAIN_AT + 5 * SECOND, found=False)
    assert first == unknown
    assert second == replace(unknown, stuck=(reason,), look_again_at=DRAIN_AT + 35 * SECOND)
    assert last == Progress(verdict=Verdict.LET_GO, reasons=(reason,), stuck=(reason,), found=False)


def test_an_instance_that_is_listed_a_moment_later_is_drained() -> None:
    instances = on(SERVED)
    held, instances.held = instances.held, {}
    drain = EcsDrain(instances, "gpu")
    drain.look(I1, DRAIN_AT, DEADLINE)
    instances.held = held

    assert drain.look(I1, DRAIN_AT + 5 * SECOND, DEADLINE).left == (SERVED.name,)
    assert instances.held[I1].is_draining


def test_an_instance_that_was_seen_and_has_left_ecs_is_drained() -> None:
    instances = on(SERVED)
    drain = EcsDrain(instances, "gpu")
    drain.look(I1, DRAIN_AT, DEADLINE)
    instances.held = {}

    assert drain.look(I1, DRAIN_AT + 10 * SECOND, DEADLINE) == Progress(
        verdict=Verdict.DRAINED, reasons=("ECS no longer lists it",), evicted=(SERVED.name,)
    )


def test_a_drain_that_another_run_began_goes_on() -> None:
    instances = on(replace(SERVED, told_to_stop=True), status="DRAINING", running=0)
    progress = EcsDrain(instances, None).look(I1, DRAIN_AT, DEADLINE)

    assert (progress.verdict, progress.left) == (Verdict.PENDING, (SERVED.name,))


def test_after_the_deadline_nothing_is_touched() -> None:
    instances = on(SERVED)
    progress = EcsDrain(instances, None).look(I1, DEADLINE + timedelta(seconds=1), DEADLINE)

    assert progress.verdict is Verdict.LET_GO
    assert not instances.held[I1].is_draining
