"""EKS managed node groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from capacity_blocks.core.group import NodeGroup
from capacity_blocks.core.target import TargetId, TemplateVersion
from capacity_blocks.ports import NodeGroupDescription, UpdateStatus
from tests.fakes.failing import Errors, perhaps_raise, refused

Name = tuple[str, str]  # cluster, node group


@dataclass
class FakeNodeGroups:
    """Updates to a template version stay in progress until a test calls `finish`.

    `sizes` are minimum, maximum and desired as they were last set here; the Auto Scaling group is another fake.
    """

    held: dict[Name, NodeGroup] = field(default_factory=dict)
    descriptions: dict[Name, NodeGroupDescription] = field(default_factory=dict)
    sizes: dict[Name, tuple[int, int, int]] = field(default_factory=dict)
    updates: dict[str, tuple[UpdateStatus, str]] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    _wanted: dict[str, tuple[Name, TemplateVersion]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def add(self, node_group: NodeGroup, description: NodeGroupDescription) -> None:
        self.held[node_group.cluster, node_group.name] = node_group
        self.descriptions[node_group.cluster, node_group.name] = description

    def finish(self, update_id: str, status: UpdateStatus = UpdateStatus.SUCCESSFUL, words: str = "") -> None:
        """Let an update come to its end."""
        self.updates[update_id] = (status, words)
        if status is UpdateStatus.SUCCESSFUL:
            name, template = self._wanted[update_id]
            self.descriptions[name] = replace(self.descriptions[name], template=template)

    def tagged(self, tag_key: str) -> Sequence[NodeGroup]:
        perhaps_raise(self.errors, "tagged")
        return [n for n in self.held.values() if tag_key in n.tags]

    def describe(self, target: TargetId) -> NodeGroupDescription:
        perhaps_raise(self.errors, "describe")
        return self.descriptions[_known(self, "DescribeNodegroup", target)]

    def scale(self, target: TargetId, *, minimum: int, maximum: int, desired: int) -> None:
        perhaps_raise(self.errors, "scale")
        name = _known(self, "UpdateNodegroupConfig", target)
        if maximum < 1 or not minimum <= desired <= maximum:
            raise refused("UpdateNodegroupConfig", "InvalidParameterException")
        self.sizes[name] = (minimum, maximum, desired)
        self.descriptions[name] = replace(self.descriptions[name], maximum=maximum)

    def update_version(self, target: TargetId, template: TemplateVersion, token: str) -> str:
        perhaps_raise(self.errors, "update_version")
        name = _known(self, "UpdateNodegroupVersion", target)
        if token not in self._tokens:
            update_id = f"update-{len(self._tokens) + 1}"
            self._tokens[token] = update_id
            self._wanted[update_id] = (name, template)
            self.updates[update_id] = (UpdateStatus.IN_PROGRESS, "")
        return self._tokens[token]

    def update_status(self, target: TargetId, update_id: str) -> tuple[UpdateStatus, str]:
        perhaps_raise(self.errors, "update_status")
        return self.updates[update_id]

    def set_tag(self, target: TargetId, key: str, value: str) -> None:
        perhaps_raise(self.errors, "set_tag")
        name = _known(self, "TagResource", target)
        self.held[name] = replace(self.held[name], tags={**self.held[name].tags, key: value})

    def remove_tag(self, target: TargetId, key: str) -> None:
        perhaps_raise(self.errors, "remove_tag")
        name = _known(self, "UntagResource", target)
        kept = {k: v for k, v in self.held[name].tags.items() if k != key}
        self.held[name] = replace(self.held[name], tags=kept)


def _known(node_groups: FakeNodeGroups, operation: str, target: TargetId) -> Name:
    name = (target.cluster, target.name)
    if name not in node_groups.held:
        raise refused(operation, "ResourceNotFoundException")
    return name
