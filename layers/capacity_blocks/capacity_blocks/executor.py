"""Carry out what a plan asks for: for real, as an observer who only speaks, or not at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, assert_never

from capacity_blocks.binder import Binder, ClaimLostError
from capacity_blocks.core import tag, wording
from capacity_blocks.core.action import (
    Action,
    Bind,
    CheckNodes,
    DeleteHook,
    DeleteScheduledAction,
    GroupAction,
    PutHook,
    PutScheduledAction,
    ResumeLaunch,
    Say,
    Scale,
    StartDrain,
    Unbind,
    Unprotect,
    WarnNodes,
)
from capacity_blocks.core.drain import hook
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.target import Target, TargetId, TargetKind
from capacity_blocks.drain_ports import Invocations
from capacity_blocks.ports import AwsError, Clock, Ledger, Notifier, Region

# EKS updates a node group in its own time, and takes one update at a time (UpdateNodegroupConfig). The next run asks
# again; what drags on is told by what does not come into service.
BUSY = "ResourceInUseException"
SAID = "said"
NO_FUNCTION = "no function to do it"


class Executor(Protocol):
    def execute(self, region: Region, targets: Mapping[TargetId, Target], action: Action, /) -> str:
        """Carry out one action and return what came of it, in a word; raise AwsError when AWS would not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Sends each notice once.

    Claim, send, record: a crash after the claim repeats the message a minute later rather than losing it.
    """

    ledger: Ledger
    notifier: Notifier
    clock: Clock
    run: str

    def say(self, region: str, notice: Notice) -> str:
        if not self.ledger.begin_saying(region, notice.key, self.run, self.clock.now()):
            return "said already"
        self.notifier.send(notice)
        self.ledger.has_said(region, notice.key, self.clock.now())
        return SAID


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFunctions:
    """The functions that speak to nodes. Each runs by itself: what comes of it, it tells and remembers."""

    invocations: Callable[[], Invocations]  # made when first needed: most runs start nothing
    drain: str | None  # None: the function is not there
    warn: str | None
    check: str | None

    def start_drain(self, target: Target, action: StartDrain) -> str:
        return self._invoke(self.drain, {"instance_id": action.instance_id, "region": target.id.region})

    def warn_nodes(self, target: Target, action: WarnNodes) -> str:
        event = {"step": action.step.value, "group": target.group, "region": target.id.region, "key": action.key}
        return self._invoke(self.warn, event)

    def check_nodes(self, target: Target, action: CheckNodes) -> str:
        event = {
            "group": target.group,
            "region": target.id.region,
            "life": action.life,
            "wanted": action.wanted,
            "alarm_at": action.alarm_at.isoformat(),
        }
        return self._invoke(self.check, event)

    def _invoke(self, function: str | None, event: Mapping[str, Any]) -> str:
        if function is None:
            return NO_FUNCTION
        self.invocations().invoke(function, {"trigger": "reconcile", **event})
        return "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExecutor:
    clock: Clock
    ledger: Ledger
    speaker: Speaker
    node_functions: NodeFunctions
    run: str

    def execute(self, region: Region, targets: Mapping[TargetId, Target], action: Action) -> str:
        try:
            outcome = self._do(region, targets, action)
        except ClaimLostError as lost:  # another run is at work on this target; the others are still to be done
            outcome = str(lost)
        try:
            self._record(action, outcome)
        except AwsError as error:  # it is done all the same: deadlines do not wait for the history
            return f"{outcome}; not recorded: {error}"
        return outcome

    def _do(self, region: Region, targets: Mapping[TargetId, Target], action: Action) -> str:
        if isinstance(action, Say):
            return self.speaker.say(region.name, _reasoned(action))
        target = targets[action.target]
        match action:
            case StartDrain():
                return self.node_functions.start_drain(target, action)
            case WarnNodes():
                return self._warn(region.name, target, action)
            case CheckNodes():
                return self._check(region.name, target, action)
            case _:
                return self._change(region, target, action)

    def _change(self, region: Region, target: Target, action: GroupAction) -> str:
        groups, group = region.groups, target.group
        match action:
            case Bind():
                return self._bind(region, target, action)
            case Unbind():
                return Binder(ledger=self.ledger, run=self.run).unbind(region, target, action, self.clock.now())
            case Scale():
                return self._scale(region, target, action)
            case ResumeLaunch():
                groups.resume_launch(group)
            case Unprotect(instance_ids=instance_ids):
                groups.unprotect(group, instance_ids)
            case PutScheduledAction(scheduled=scheduled):
                groups.put_scheduled_action(group, scheduled)
            case DeleteScheduledAction(name=name):
                groups.delete_scheduled_action(group, name)
            # The hook first: until the tag tells of it, it is put anew, and until the tag is gone, deleted again.
            case PutHook(heartbeat=heartbeat):
                groups.put_hook(group, hook.ours(heartbeat))
                groups.set_tag(group, tag.HOOK, str(heartbeat // hook.SECOND))
            case DeleteHook():
                groups.delete_hook(group, hook.HOOK)
                groups.remove_tag(group, tag.HOOK)
            case _:
                assert_never(action)
        return "done"

    def _scale(self, region: Region, target: Target, action: Scale) -> str:
        # A run may be held up between its decision and this line; nothing scales out once the drain has begun, and
        # nothing that is too early for its block scales in once that has started.
        if action.before is not None and self.clock.now() >= action.before:
            return "too late"
        sizes = {"minimum": action.minimum, "maximum": action.maximum, "desired": action.desired}
        match target.id.kind:
            case TargetKind.AUTO_SCALING_GROUP:
                region.groups.scale(target.group, **sizes)
            case TargetKind.NODE_GROUP:
                try:
                    region.node_groups.scale(target.id, **sizes)
                except AwsError as error:
                    # At a drain that is a deadline missed, and the next sweep's try may miss it too.
                    if error.code != BUSY or action.desired == 0:
                        raise
                    return "EKS is still at work on an update before this one"
        return "done"

    def _bind(self, region: Region, target: Target, action: Bind) -> str:
        try:
            return Binder(ledger=self.ledger, run=self.run).bind(region, target, action, self.clock.now())
        except AwsError as error:
            if error.definite:
                self.speaker.say(region.name, wording.binding.bind_failed(target, action.reservation_id, str(error)))
            raise

    def _warn(self, region: str, target: Target, action: WarnNodes) -> str:
        """Claim, start, record, as with a notice: a crash in between starts the step again, which does it once."""
        if not self.ledger.begin_saying(region, action.key, self.run, self.clock.now()):
            return "started already"
        outcome = self.node_functions.warn_nodes(target, action)
        if outcome != NO_FUNCTION:
            self.ledger.has_said(region, action.key, self.clock.now())
        return outcome

    def _check(self, region: str, target: Target, action: CheckNodes) -> str:
        """Start a look, if none was started within a minute: a claim that is never confirmed runs out then.

        Each try claims under a name of its own, since a run that keeps watch looks every few seconds.
        """
        now = self.clock.now()
        key = f"{action.reservation_id}:{action.target}:check-nodes"
        if not self.ledger.begin_saying(region, key, f"{self.run}-{now:%H%M%S}", now):
            return "started a moment ago"
        return self.node_functions.check_nodes(target, action)

    def _record(self, action: Action, outcome: str) -> None:
        if isinstance(action, CheckNodes):  # a look is no deed; what it finds is told
            return
        line = {"did": type(action).__name__, "outcome": outcome, **described(action)}
        if isinstance(action, Say):
            if not action.into_history or outcome != SAID:
                return
            reservation_id, line["text"] = action.notice.reservation_id, action.notice.text
        else:
            reservation_id = action.reservation_id if outcome != NO_FUNCTION else None
        if reservation_id is not None:
            self.ledger.append(reservation_id, self.clock.now(), self.run, line)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservingExecutor:
    """Speaks, under keys of its own, and changes nothing."""

    speaker: Speaker

    def execute(self, region: Region, _targets: Mapping[TargetId, Target], action: Action) -> str:
        return self.speaker.say(region.name, _reasoned(action)) if isinstance(action, Say) else "only observed"


@dataclass(frozen=True, slots=True)
class DryRunExecutor:
    """Does nothing: the plan is the report."""

    def execute(self, _region: Region, _targets: Mapping[TargetId, Target], _action: Action) -> str:
        return "dry run"


def described(action: Action) -> dict[str, str]:
    """Return an action as plain text by field, for logs and reports."""
    if isinstance(action, Say):
        notice = action.notice
        return {"notice": notice.title, "severity": notice.severity.value, "key": notice.key, "reason": action.reason}
    named = ((f.name, getattr(action, f.name)) for f in fields(action))
    return {name: _text(value) for name, value in named if value is not None}


def _reasoned(say: Say) -> Notice:
    return replace(say.notice, reason=say.reason)


def _text(value: object) -> str:
    return " ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
