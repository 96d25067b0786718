"""The drain of one ECS container instance, one look at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from capacity_blocks.core import tag
from capacity_blocks.core.drain.container import ContainerInstance, Task
from capacity_blocks.core.drain.method import ECS_CLUSTER
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.drain_ports import ContainerInstances
from capacity_blocks.draining.plain import not_found, not_found_yet, waiting

# ECS lets an account read 20 resources of clusters a second, after the first 100 ("Request throttling for the Amazon
# ECS API"). Sixty-four instances that each look this often need seven.
LOOK_EVERY = timedelta(seconds=10)
LAST_CALL = timedelta(minutes=2)  # before the deadline, whatever has not been told to stop is named as stuck


class EcsDrain:
    def __init__(self, instances: ContainerInstances, cluster: str | None) -> None:
        self._instances, self._cluster = instances, cluster
        self._found: ContainerInstance | None = None
        self._missed = False  # whether a look has not found it
        self._moved: tuple[str, ...] = ()

    def look(self, instance_id: str, now: datetime, deadline: datetime) -> Progress:
        found = self._read(instance_id)
        if found is None:
            return self._missing(now, deadline)
        if not found.is_draining and now < deadline:
            self._instances.drain(found)
        is_near = deadline - now <= LAST_CALL
        if found.expects_tasks and self._found is not None and not is_near:
            return self._waiting(found, (), now, deadline)  # one call a look, until it matters who it is
        self._found = found
        tasks = self._instances.tasks(found)
        self._moved = tuple(dict.fromkeys((*self._moved, *(task.name for task in tasks))))
        if not tasks and not found.expects_tasks:
            return Progress(verdict=Verdict.DRAINED, reasons=("no task is left on it",), evicted=self._gone(tasks))
        return self._waiting(found, tasks, now, deadline)

    def _missing(self, now: datetime, deadline: datetime) -> Progress:
        """Tell an instance that was seen before, and has left ECS, from one that nobody has seen there."""
        if self._found is not None:
            return Progress(verdict=Verdict.DRAINED, reasons=("ECS no longer lists it",), evicted=self._moved)
        is_sure, self._missed = self._missed, True
        where = f"cluster {self._cluster}" if self._cluster else "any cluster"
        reason = (
            f"it is no container instance of {where}, so that nothing on it is drained: see that tags "
            f"{ECS_CLUSTER} and {tag.DRAIN} of its group say where it works, unless it never registered"
        )
        return (not_found if is_sure else not_found_yet)(reason, now, deadline)

    def _read(self, instance_id: str) -> ContainerInstance | None:
        if self._found is None:
            return self._instances.find(instance_id, self._cluster)
        return self._instances.read(self._found)

    def _waiting(self, found: ContainerInstance, tasks: Sequence[Task], now: datetime, deadline: datetime) -> Progress:
        reasons = _reasons(found, tasks)
        alone = [task.name for task in tasks if not (task.told_to_stop or task.is_of_service)]
        stuck = [f"task {name} belongs to no service, so ECS does not stop it: stop it yourself" for name in alone]
        if deadline - now <= LAST_CALL:
            stuck += [
                f"task {task.name} of {task.group} still runs: see the service's events for why it is not replaced"
                for task in tasks
                if task.is_of_service and not task.told_to_stop
            ]
        return waiting(
            reasons,
            now,
            deadline,
            LOOK_EVERY,
            evicted=self._gone(tasks) if tasks else (),
            left=tuple(task.name for task in tasks),
            stuck=tuple(stuck),
        )

    def _gone(self, tasks: Sequence[Task]) -> tuple[str, ...]:
        left = {task.name for task in tasks}
        return tuple(name for name in self._moved if name not in left)


def _reasons(found: ContainerInstance, tasks: Sequence[Task]) -> tuple[str, ...]:
    stopping = [task.name for task in tasks if task.told_to_stop]
    counted = [f"tasks run on it: {found.running}"] if found.running else []
    counted += [f"tasks are about to: {found.pending}"] if found.pending else []
    return (*counted, *(f"task {name} has been told to stop" for name in stopping)) or ("its tasks stop",)
