"""Container instances and the tasks on them, as ECS keeps them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """The statuses of a container instance that occur here (ContainerInstanceStatus, and INACTIVE once it is gone)."""

    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    INACTIVE = "INACTIVE"


@dataclass(slots=True, kw_only=True)
class Task:
    """A running task.

    `stops_after`: from being told to stop to having stopped; none for one that its service holds back, because it has
    nowhere else to run. `ends_at`: when it is done by itself.
    """

    arn: str
    group: str  # "service:<name>", or "family:<name>" of one that stands alone
    started: datetime
    stops_after: timedelta | None
    ends_at: datetime | None = None
    told_to_stop: datetime | None = None
    stopped: datetime | None = None
    stopped_reason: str = ""

    @property
    def family(self) -> str:
        """The task definition, which is named here as the service that runs it."""
        return self.group.split(":", 1)[1]

    @property
    def of_service(self) -> bool:
        return self.group.startswith("service:")

    @property
    def running(self) -> bool:
        return self.stopped is None


@dataclass(slots=True, kw_only=True)
class ContainerInstance:
    """An EC2 instance that registered with a cluster."""

    arn: str
    cluster: str
    instance_id: str
    registered: datetime
    status: Status = Status.ACTIVE
    agent_connected: bool = True
    version: int = 1
    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def running(self) -> list[Task]:
        return [task for task in self.tasks.values() if task.running]

    def shown(self) -> dict[str, object]:
        return {
            "containerInstanceArn": self.arn,
            "ec2InstanceId": self.instance_id,
            "version": self.version,
            "versionInfo": {},
            "remainingResources": [],
            "registeredResources": [],
            "status": str(self.status),
            "agentConnected": self.agent_connected,
            "runningTasksCount": len(self.running),
            "pendingTasksCount": 0,
            "registeredAt": self.registered,
            "attachments": [],
            "tags": [],
        }
