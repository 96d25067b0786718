"""What a drain knows of an ECS container instance and of the tasks on it."""

from dataclasses import dataclass

DRAINING = "DRAINING"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInstance:
    """`running` counts the tasks that ECS wants to run: one that it has told to stop is no longer among them."""

    arn: str
    cluster: str
    status: str = "ACTIVE"
    running: int = 0
    pending: int = 0

    @property
    def is_draining(self) -> bool:
        return self.status == DRAINING

    @property
    def expects_tasks(self) -> bool:
        return bool(self.running or self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task that has not stopped. `group` is ECS's own: a service starts its tasks anew elsewhere, nobody else does.

    `told_to_stop`: whether ECS wants it to stop.
    """

    name: str
    group: str = ""
    told_to_stop: bool = False

    @property
    def is_of_service(self) -> bool:
        return self.group.startswith("service:")
