"""Instances that wait for lifecycle hooks: one action a hook, each with its time-out, and what ends them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from simulator import changes
from simulator.clock import Timer

from . import lifecycle_event
from .group import Group, Member
from .hook import Hook, Hooks, Result, Transition
from .journal import LifecycleActionBegan, LifecycleActionEnded
from .surroundings import Surroundings, invalid

# How an activity ends the sentence "... was abandoned: " (seen in activity histories; the last two are assumed).
HEARTBEAT_TIMEOUT = "Heartbeat Timeout"
GLOBAL_TIMEOUT = "Global Timeout"
HOOK_DELETED = "Lifecycle Hook Deleted"


@dataclass(slots=True, kw_only=True)
class LifecycleAction:
    """What one hook asks for one instance. It keeps to what the hook said when it began (assumed)."""

    token: str
    hook: Hook
    instance_id: str
    began: datetime
    timer: Timer | None = None


@dataclass(slots=True, kw_only=True)
class Wait:
    """One instance that waits, for all hooks of its transition at once (assumed)."""

    proceed: Callable[[Result, str], None]
    actions: dict[str, LifecycleAction] = field(default_factory=dict)


class LifecycleActions:
    """The hooks of one Region's groups, and the instances that wait for them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._at = surroundings
        self.hooks = Hooks()
        self._waits: dict[str, Wait] = {}

    def delete_hook(self, group: str, name: str) -> None:
        """Drop a hook. DeleteLifecycleHook: what waits for it is abandoned at launch, continued at termination."""
        hook = self.hooks.pop(group, name)
        result = Result.ABANDON if hook.transition is Transition.LAUNCHING else Result.CONTINUE
        for action in [one for one in self._all() if (one.hook.group, one.hook.name) == (group, name)]:
            self._end(action, result, HOOK_DELETED)

    def begin(
        self, group: Group, member: Member, transition: Transition, proceed: Callable[[Result, str], None]
    ) -> bool:
        """Let an instance wait for the group's hooks, and say whether there is any; `proceed` is told how it ended."""
        hooks = [hook for hook in self.hooks.of(group.name) if hook.transition is transition]
        if not hooks:
            return False
        wait = self._waits[member.instance_id] = Wait(proceed=proceed)
        for hook in hooks:
            action = LifecycleAction(
                token=self._at.new_id(), hook=hook, instance_id=member.instance_id, began=self._at.clock.now()
            )
            wait.actions[action.token] = action
            self._appoint(action)
            self._tell(group, member, action)
        return True

    def complete(self, action: LifecycleAction, result: Result) -> None:
        self._end(action, result, f"Lifecycle Action Completed with {result} Result")

    def heartbeat(self, action: LifecycleAction) -> None:
        """Begin the time-out anew. RecordLifecycleActionHeartbeat: an hour, at the 30th minute, makes it 90 minutes."""
        self._appoint(action)

    def find(self, group: str, hook: str, token: str | None, instance_id: str | None) -> LifecycleAction:
        """Find the action that waits, by its token or by its instance, in the words in which AWS says there is none."""
        if not token and not instance_id:
            raise invalid("Either LifecycleActionToken or InstanceId must be given.")
        for action in self._all():
            named = action.hook.group == group and action.hook.name == hook
            if named and token in {None, action.token} and instance_id in {None, action.instance_id}:
                return action
        missing = f"token {token}" if token else f"instance ID {instance_id}"
        raise invalid(f"No active Lifecycle Action found with {missing}")

    def drop(self, instance_id: str) -> None:
        """Forget what an instance waits for: something else became of it."""
        if (wait := self._waits.pop(instance_id, None)) is not None:
            for action in wait.actions.values():
                _stop(action)

    def _all(self) -> list[LifecycleAction]:
        return [action for wait in self._waits.values() for action in wait.actions.values()]

    def _appoint(self, action: LifecycleAction) -> None:
        _stop(action)
        last = action.began + action.hook.longest_wait
        due = min(self._at.clock.now() + action.hook.heartbeat, last)
        why = GLOBAL_TIMEOUT if due == last else HEARTBEAT_TIMEOUT
        name = f"auto scaling: {action.hook.name} of {action.instance_id} times out"
        action.timer = self._at.clock.call_at(due, lambda: self._end(action, action.hook.default_result, why), name)

    def _end(self, action: LifecycleAction, result: Result, why: str) -> None:
        """End one action, and the wait with the last one.

        "Considerations": to abandon stops any remaining actions, to continue lets other hooks complete.
        """
        wait = self._waits[action.instance_id]
        _stop(wait.actions.pop(action.token))
        self._at.journal.add(
            LifecycleActionEnded(
                at=self._at.clock.now(),
                region=self._at.region,
                group=action.hook.group,
                instance_id=action.instance_id,
                hook=action.hook.name,
                result=result,
                why=why,
            )
        )
        changes.bump()
        if result is Result.ABANDON or not wait.actions:
            self.drop(action.instance_id)
            wait.proceed(result, f"Lifecycle Action with token {action.token} was abandoned: {why}")

    def _tell(self, group: Group, member: Member, action: LifecycleAction) -> None:
        """Write it down, and emit the event: the one word that is given of it, best effort."""
        hook = action.hook
        self._at.journal.add(
            LifecycleActionBegan(
                at=action.began,
                region=self._at.region,
                group=group.name,
                instance_id=member.instance_id,
                reservation_id=member.reservation_id,
                hook=hook.name,
                transition=hook.transition,
            )
        )
        detail = lifecycle_event.detail(hook, member.instance_id, action.token)
        self._at.emit("aws.autoscaling", lifecycle_event.DETAIL_TYPES[hook.transition], detail, [group.arn])


def _stop(action: LifecycleAction) -> None:
    if action.timer is not None:
        action.timer.cancel()
