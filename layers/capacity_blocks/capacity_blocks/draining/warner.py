"""One invocation for one step of a warning: mark the nodes of a target, or ask its work to save itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from capacity_blocks.core import tag
from capacity_blocks.core.drain.checkpoint import CallWebhook, RunDocument
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.drain.method import Kubernetes, method
from capacity_blocks.core.drain.step import Step
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import Timeline
from capacity_blocks.drain_ports import Commands, Webhooks
from capacity_blocks.draining.finder import Bearings, Place, PoolPolicies, take_bearings
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.marker import Marker
from capacity_blocks.draining.request import WarnRequest
from capacity_blocks.ports import Clock, Ledger

IN_SERVICE = "InService"
AT_ONCE = 50  # SendCommandRequest$InstanceIds
SOON = timedelta(minutes=10)  # an instance that takes up a checkpoint later than this would drain instead


class WarningError(Exception):
    """The step could not be done on all nodes; on the others it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warner:
    clock: Clock
    place: Place
    policies: PoolPolicies
    ledger: Ledger
    marker: Marker
    commands: Callable[[], Commands]
    webhooks: Webhooks
    log: Log
    run: str

    def warn(self, request: WarnRequest) -> str:
        """Do the step once for its key, and say what came of it.

        Claim, do, record: a crash after the claim does it again a minute later rather than never.
        """
        request = request if request.key else replace(request, key=f"{request.group}:{request.step}:{self.run}")
        done = f"{request.key}:done"
        if not self.ledger.begin_saying(request.region, done, self.run, self.clock.now()):
            return "done already"
        outcome = self._do(request)
        self.ledger.has_said(request.region, done, self.clock.now())
        return outcome

    def _do(self, request: WarnRequest) -> str:
        place = self.place
        members = [m for m in place.members.members(request.group) if m.lifecycle_state == IN_SERVICE]
        if not members:
            return "no instance is in service"
        first = place.of_target(members[0])
        bearings = self._bearings(place, first)
        if not bearings.pool or bearings.block is None:
            return "its group is in no pool, or on no block"
        match request.step:
            case Step.MARK | Step.UNMARK:
                return self._mark(request.step, bearings, bearings.block, members)
            case Step.CHECKPOINT:
                if bearings.policy.unread:
                    raise WarningError(f"{request.group}: the settings of its pool could not be read")
                return self._checkpoint(request, bearings, bearings.block, members)
            case Step.NOTICE:
                return "people are told elsewhere"
            case _:
                assert_never(request.step)

    def _bearings(self, place: Place, member: Member) -> Bearings:
        policy = self.policies.of(member.tags.get(tag.POOL, ""))
        found = take_bearings(place, Bearings(member=member, policy=policy, termination=None))
        if found.unread is not None:
            raise WarningError(f"{member.group}: EC2 does not say which block it is on: {found.unread}")
        return found

    def _mark(self, step: Step, bearings: Bearings, block: Reservation, members: Sequence[Member]) -> str:
        how = method(bearings.member)
        if not isinstance(how, Kubernetes):
            return "its nodes are in no Kubernetes cluster"
        drain_at = _timeline(bearings, block).drain_at if step is Step.MARK else None
        instance_ids = [member.instance_id for member in members]
        failures = self.marker.mark(how.cluster, instance_ids, block.instance_type, drain_at, bearings.policy.taint)
        if failures:
            raise WarningError("; ".join(failures))
        return f"{step}ed {len(instance_ids)} nodes"

    def _checkpoint(
        self, request: WarnRequest, bearings: Bearings, block: Reservation, members: Sequence[Member]
    ) -> str:
        instance_ids = sorted(member.instance_id for member in members)
        match bearings.policy.checkpoint:
            case None:
                return "the pool asks for none"
            case RunDocument(name=name):
                return self._run(request, name, instance_ids)
            case CallWebhook(url=url):
                self.webhooks.post(url, _body(bearings, block, instance_ids))
                return "the webhook was called"

    def _run(self, request: WarnRequest, document: str, instance_ids: Sequence[str]) -> str:
        """Send the document to all, some at a time; each send is a step of its own, done once."""
        for start in range(0, len(instance_ids), AT_ONCE):
            some, part = instance_ids[start : start + AT_ONCE], f"{request.key}:sent:{start}"
            if self.ledger.begin_saying(request.region, part, self.run, self.clock.now()):
                command_id = self.commands().send(some, document, "capacity-blocks: checkpoint", SOON)
                self.ledger.has_said(request.region, part, self.clock.now())
                self.log("sent", document=document, command_id=command_id, instances=some)
        return f"sent {document} to {len(instance_ids)} instances"


def _timeline(bearings: Bearings, block: Reservation) -> Timeline:
    return Timeline.of(block, bearings.policy, tag.wishes(bearings.member.tags).drain_lead)


def _body(bearings: Bearings, block: Reservation, instance_ids: Sequence[str]) -> dict[str, Any]:
    """What a webhook is sent. Fields are added in later versions, never changed."""
    at = _timeline(bearings, block)
    return {
        "version": 1,
        "step": "checkpoint",
        "pool": bearings.pool,
        "region": block.region,
        "group": bearings.member.group,
        "reservation_id": block.reservation_id,
        "instances": list(instance_ids),
        **{name: _written(getattr(at, name)) for name in ("drain_at", "reclaim_at", "end")},
    }


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
