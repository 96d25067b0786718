"""ECS of one account in one Region, as far as drains see it: container instances and their tasks."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from moto.core.exceptions import ServiceException

from simulator import changes
from simulator.clock import VirtualClock
from simulator.launch.instances import Instances

from .container_instance import ContainerInstance, Status, Task

# "StopTask": a stop signal, and after 30 seconds by default the kill.
STOP_TIMEOUT = timedelta(seconds=30)


class EcsError(ServiceException):
    """ECS refuses a call: a code of its API and a message."""


class ContainerInstances:
    """The container instances of moto's clusters. `lost` are the tasks that ended with their instance, undrained."""

    def __init__(self, backend: Any, clock: VirtualClock, instances: Instances, rng: random.Random) -> None:
        self._backend = backend
        self._clock = clock
        self._instances = instances
        self._rng = rng
        self._all: dict[str, ContainerInstance] = {}
        self.lost: list[Task] = []
        instances.on_stopping.append(lambda instance_id, _reason: self._lose(instance_id))
        instances.on_gone.append(self._deregister)

    # --- what a test places ---

    def register(self, cluster: str, instance_id: str) -> ContainerInstance:
        """Let the agent of a running EC2 instance register it with a cluster, which is made where there is none yet."""
        if self._instances.is_leaving(instance_id):
            raise ValueError(f"{instance_id} does not run")
        if cluster not in self._backend.clusters:
            self._backend.create_cluster(cluster, [], [], None, [], [])
        arn = self._arn("container-instance", cluster)
        one = ContainerInstance(arn=arn, cluster=cluster, instance_id=instance_id, registered=self._clock.now())
        self._all[arn] = one
        changes.bump()
        return one

    def place(
        self,
        on: ContainerInstance,
        *,
        service: str | None = None,
        stops_after: timedelta | None = STOP_TIMEOUT,
        ends_after: timedelta | None = None,
    ) -> Task:
        """Run a task on a container instance: of a service, or standing alone."""
        now = self._clock.now()
        task = Task(
            arn=self._arn("task", on.cluster),
            group=f"service:{service}" if service else "family:job",
            started=now,
            stops_after=stops_after,
            ends_at=None if ends_after is None else now + ends_after,
        )
        on.tasks[task.arn] = task
        if task.ends_at is not None:
            self._at(task.ends_at, task, "Essential container in task exited")
        changes.bump()
        return task

    # --- what the API does ---

    def of_cluster(self, cluster: str | None) -> list[ContainerInstance]:
        """The container instances of a cluster by its name or ARN. One that is gone is none any more."""
        name = (cluster or "default").rsplit("/", 1)[-1]
        if name not in self._backend.clusters:
            raise EcsError("ClusterNotFoundException", "Cluster not found.")
        return [one for one in self._all.values() if one.cluster == name and one.status is not Status.INACTIVE]

    def set_status(self, one: ContainerInstance, status: Status) -> None:
        """Let a container instance drain, or take tasks again.

        "Draining Amazon ECS container instances": its service tasks are stopped as their service allows, tasks that
        belong to none are left to finish or to be stopped by somebody. Those that stop already do so.
        """
        one.status = status
        one.version += 1
        changes.bump()
        if status is Status.DRAINING:
            for task in one.running:
                if task.of_service:
                    self.stop(task, "Task stopped by the service scheduler: the container instance is draining")

    def stop(self, task: Task, reason: str) -> None:
        """Tell a task to stop. To tell it again changes nothing."""
        if task.told_to_stop is not None or not task.running or task.stops_after is None:
            return
        task.told_to_stop = self._clock.now()
        self._at(task.told_to_stop + task.stops_after, task, reason)

    def _at(self, due: datetime, task: Task, reason: str) -> None:
        self._clock.call_at(due, self._ending(task, reason), f"ecs: {task.arn} stops")

    def _ending(self, task: Task, reason: str) -> Callable[[], None]:
        def end() -> None:
            if task.running:
                task.stopped, task.stopped_reason = self._clock.now(), reason
                changes.bump()

        return end

    def _lose(self, instance_id: str) -> None:
        """End what still runs on an EC2 instance that shuts down."""
        for one in self._on(instance_id):
            one.agent_connected = False
            self.lost += one.running
            for task in one.running:
                self._ending(task, "The instance was terminated")()

    def _deregister(self, instance_id: str) -> None:
        """Forget a terminated instance ("Deregister a container instance": ECS does so by itself then)."""
        for one in self._on(instance_id):
            one.status = Status.INACTIVE
            changes.bump()

    def _on(self, instance_id: str) -> list[ContainerInstance]:
        return [one for one in self._all.values() if one.instance_id == instance_id]

    def _arn(self, kind: str, cluster: str) -> str:
        at = f"{self._backend.region_name}:{self._backend.account_id}"
        return f"arn:aws:ecs:{at}:{kind}/{cluster}/{UUID(int=self._rng.getrandbits(128), version=4).hex}"
