"""What EKS keeps of a managed node group and of its updates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

CAPACITY_BLOCK = "CAPACITY_BLOCK"


class Status(StrEnum):
    """NodegroupStatus, as far as it is lived through here. DEGRADED is never kept: it follows from the health."""

    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    DEGRADED = "DEGRADED"


class UpdateStatus(StrEnum):
    """How an update stands (UpdateStatus)."""

    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"


@dataclass(slots=True, kw_only=True)
class Update:
    """One update of a node group. `request` is what was asked, to know the same question again by its token."""

    update_id: str
    kind: str
    params: list[dict[str, str]]
    created: datetime
    request: Mapping[str, Any]
    status: UpdateStatus = UpdateStatus.IN_PROGRESS
    errors: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, object]:
        return {
            "id": self.update_id,
            "status": str(self.status),
            "type": self.kind,
            "params": self.params,
            "createdAt": self.created,
            "errors": self.errors,
        }


@dataclass(slots=True, kw_only=True)
class NodeGroup:
    """A managed node group. `template` is what the user names; the group launches from EKS's own copy of it."""

    name: str
    cluster: str
    arn: str
    created: datetime
    modified: datetime
    group: str
    kept: dict[str, Any]
    template: dict[str, str] | None
    copy_id: str
    copy_version: int
    labels: dict[str, str]
    taints: list[dict[str, str]]
    tags: dict[str, str]
    token: str | None = None
    status: Status = Status.CREATING
    launch_failure: str | None = None
    updates: dict[str, Update] = field(default_factory=dict)

    @property
    def is_for_blocks(self) -> bool:
        return bool(self.kept["capacityType"] == CAPACITY_BLOCK)

    def in_progress(self) -> Update | None:
        return next((one for one in self.updates.values() if one.status is UpdateStatus.IN_PROGRESS), None)

    def issues(self, group_version: str | None) -> list[dict[str, Any]]:
        """What is wrong with it. `group_version` is the template version that its Auto Scaling group uses."""
        found: list[dict[str, Any]] = []
        if self.launch_failure is not None:
            found.append(
                {
                    "code": "AsgInstanceLaunchFailures",
                    "message": self.launch_failure,
                    "resourceIds": [self.group],
                }
            )
        if group_version is not None and group_version != str(self.copy_version):
            found.append(
                {
                    "code": "Ec2LaunchTemplateVersionMismatch",
                    "message": f"the Auto Scaling group uses version {group_version} instead of {self.copy_version}",
                    "resourceIds": [self.copy_id],
                }
            )
        return found
