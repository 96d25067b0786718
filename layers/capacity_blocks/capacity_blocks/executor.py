"""Carry out what a plan asks for: for real, as an observer who only speaks, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Protocol, assert_never

from capacity_blocks.binder import Binder, ClaimLostError
from capacity_blocks.core import wording
from capacity_blocks.core.action import (
    Action,
    Bind,
    DeleteScheduledAction,
    PutScheduledAction,
    ResumeLaunch,
    Say,
    Scale,
    TargetAction,
    Unbind,
    Unprotect,
)
from capacity_blocks.core.notice import Notice
from capacity_blocks.core.target import Target, TargetId, TargetKind
from capacity_blocks.ports import AwsError, Clock, Ledger, Notifier, Region

# EKS updates a node group in its own time, and takes one update at a time (UpdateNodegroupConfig). The next run asks
# again; what drags on is told by what does not come into service.
BUSY = "ResourceInUseException"
SAID = "said"


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
class LiveExecutor:
    clock: Clock
    ledger: Ledger
    speaker: Speaker
    run: str

    def execute(self, region: Region, targets: Mapping[TargetId, Target], action: Action) -> str:
        if isinstance(action, Say):
            return self.speaker.say(region.name, _reasoned(action))
        try:
            outcome = self._change(region, targets[action.target], action)
        except ClaimLostError as lost:  # another run is at work on this target; the others are still to be done
            outcome = str(lost)
        try:
            self._record(action, outcome)
        except AwsError as error:  # it is done all the same: deadlines do not wait for the history
            return f"{outcome}; not recorded: {error}"
        return outcome

    def _change(self, region: Region, target: Target, action: TargetAction) -> str:
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

    def _record(self, action: TargetAction, outcome: str) -> None:
        if action.reservation_id is not None:
            line = {"did": type(action).__name__, "outcome": outcome, **described(action)}
            self.ledger.append(action.reservation_id, self.clock.now(), self.run, line)


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
