"""Auto Scaling groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from capacity_blocks.core.drain.hook import LifecycleHook
from capacity_blocks.core.group import Group
from capacity_blocks.core.pool import LaunchFailure
from capacity_blocks.core.target import ScheduledAction, Suspension, TemplateVersion
from tests.fakes.failing import Errors, perhaps_raise, refused


@dataclass
class FakeGroups:
    """`groups` by name. Sizes change at once; instances come and go only when a test says so."""

    groups: dict[str, Group] = field(default_factory=dict)
    actions: dict[str, dict[str, ScheduledAction]] = field(default_factory=dict)  # by group, then by name
    lifecycle_hooks: dict[str, dict[str, LifecycleHook]] = field(default_factory=dict)  # by group, then by name
    failures: dict[str, LaunchFailure] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def add(self, *groups: Group) -> None:
        self.groups |= {g.name: g for g in groups}

    def tagged(self, tag_key: str) -> Sequence[Group]:
        perhaps_raise(self.errors, "tagged")
        return [g for g in self.groups.values() if tag_key in g.tags]

    def scheduled_actions(self) -> Mapping[str, tuple[ScheduledAction, ...]]:
        perhaps_raise(self.errors, "scheduled_actions")
        return {name: tuple(actions.values()) for name, actions in self.actions.items() if actions}

    def last_failure(self, name: str) -> LaunchFailure | None:
        perhaps_raise(self.errors, "last_failure")
        return self.failures.get(name)

    def scale(self, name: str, *, minimum: int, maximum: int, desired: int) -> None:
        perhaps_raise(self.errors, "scale")
        self._change("scale", name, minimum=minimum, maximum=maximum, desired=desired)

    def point(self, name: str, template: TemplateVersion, subnets: Sequence[str]) -> None:
        perhaps_raise(self.errors, "point")
        self._change("point", name, template=template, subnets=tuple(subnets), minimum=0, desired=0)

    def restore(self, name: str, *, subnets: Sequence[str], maximum: int, template: TemplateVersion | None) -> None:
        perhaps_raise(self.errors, "restore")
        changes: dict[str, Any] = {"maximum": maximum, "minimum": 0, "desired": 0}
        if subnets:
            changes["subnets"] = tuple(subnets)
        if template is not None:
            changes["template"] = template
        self._change("restore", name, **changes)

    def unprotect(self, name: str, instance_ids: Sequence[str]) -> None:
        perhaps_raise(self.errors, "unprotect")
        instances = tuple(
            replace(i, protected=False) if i.instance_id in instance_ids else i for i in self.groups[name].instances
        )
        self._change("unprotect", name, instances=instances)

    def resume_launch(self, name: str) -> None:
        perhaps_raise(self.errors, "resume_launch")
        self._change("resume_launch", name, launch=Suspension.NOBODY)

    def put_scheduled_action(self, name: str, action: ScheduledAction) -> None:
        perhaps_raise(self.errors, "put_scheduled_action")
        others = (a for a in self.actions.get(name, {}).values() if a.name != action.name)
        if any(a.start == action.start for a in others):
            raise refused("PutScheduledUpdateGroupAction", "AlreadyExists")
        self.actions.setdefault(name, {})[action.name] = action

    def delete_scheduled_action(self, name: str, action_name: str) -> None:
        perhaps_raise(self.errors, "delete_scheduled_action")
        self.actions.get(name, {}).pop(action_name, None)

    def hooks(self, name: str) -> tuple[LifecycleHook, ...]:
        perhaps_raise(self.errors, "hooks")
        self._group("DescribeLifecycleHooks", name)
        return tuple(hook for _, hook in sorted(self.lifecycle_hooks.get(name, {}).items()))

    def put_hook(self, name: str, hook: LifecycleHook) -> None:
        perhaps_raise(self.errors, "put_hook")
        self._group("PutLifecycleHook", name)
        self.lifecycle_hooks.setdefault(name, {})[hook.name] = hook

    def delete_hook(self, name: str, hook_name: str) -> None:
        perhaps_raise(self.errors, "delete_hook")
        self.lifecycle_hooks.get(name, {}).pop(hook_name, None)

    def set_tag(self, name: str, key: str, value: str) -> None:
        perhaps_raise(self.errors, "set_tag")
        self._change("set_tag", name, tags={**self._group("set_tag", name).tags, key: value})

    def remove_tag(self, name: str, key: str) -> None:
        perhaps_raise(self.errors, "remove_tag")
        kept = {k: v for k, v in self._group("remove_tag", name).tags.items() if k != key}
        self._change("remove_tag", name, tags=kept)

    def _group(self, method: str, name: str) -> Group:
        if name not in self.groups:
            raise refused(method, "ValidationError")
        return self.groups[name]

    def _change(self, method: str, name: str, **changes: Any) -> None:
        changed = replace(self._group(method, name), **changes)
        if not changed.minimum <= changed.desired <= changed.maximum:
            raise refused(method, "ValidationError")
        self.groups[name] = changed
