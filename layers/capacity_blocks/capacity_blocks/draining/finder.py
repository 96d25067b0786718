"""What there is to know of an instance before it is drained, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from capacity_blocks.core import tag
from capacity_blocks.core.drain.limit import UNREAD, limit, sooner
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP
from capacity_blocks.core.kind import by_drain
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.drain_ports import Blocks, LifecycleActions, Members, NodeGroupTags
from capacity_blocks.draining.log import Log
from capacity_blocks.pool_settings import policies
from capacity_blocks.ports import AwsError, PoolSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One region."""

    name: str
    members: Members
    actions: LifecycleActions
    blocks: Blocks
    node_groups: NodeGroupTags

    def member(self, instance_id: str) -> Member | None:
        """Return the instance with the tags of its target: those of a node group are not on its Auto Scaling group."""
        found = self.members.member(instance_id)
        return found if found is None else self.of_target(found)

    def of_target(self, member: Member) -> Member:
        if not member.is_of_node_group:
            return member
        tags = self.node_groups.tags(member.tags[EKS_CLUSTER], member.tags[EKS_NODE_GROUP])
        return replace(member, tags={**member.tags, **tags})


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicies:
    """The settings of pools. Those that cannot be read leave the stack's defaults, marked as unread."""

    source: PoolSettings
    default: Policy
    log: Log

    def of(self, pool: str) -> Policy:
        try:
            texts: Mapping[str, str] = self.source.texts()
        except AwsError as error:
            self.log("settings unread", pool=pool, error=str(error))
            return replace(self.default, broken="its settings could not be read", unread=True)
        return policies(texts, self.default).get(pool, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearings:
    """`block` is None outside of any; `unread` says why EC2 did not tell."""

    member: Member
    policy: Policy
    termination: datetime | None
    block: Reservation | None = None
    unread: str | None = None

    @property
    def is_partial(self) -> bool:
        return self.unread is not None or self.policy.unread

    @property
    def pool(self) -> str:
        """Return the pool; empty where the group is in none."""
        return self.member.tags.get(tag.POOL, "")

    @property
    def reservation_id(self) -> str:
        """Return the block; the group's own tag knows it without EC2. Empty outside of any."""
        return self.member.tags.get(tag.BOUND_TO) or (self.block.reservation_id if self.block is not None else "")

    @property
    def instance_type(self) -> str:
        return self.block.instance_type if self.block is not None else ""

    def limit(self, now: datetime, began: datetime) -> datetime:
        if self.unread is not None:
            return sooner(now + UNREAD, began, self.termination)
        lead = tag.wishes(self.member.tags).drain_lead
        return limit(began, self.block, self.policy, lead, self.termination)


def take_bearings(place: Place, known: Bearings) -> Bearings:
    """Read anew which block the instance is in, and when it ends."""
    try:
        return replace(known, block=locate(place, known.member), unread=None)
    except AwsError as error:
        return replace(known, unread=str(error))


def complete(place: Place, policies: PoolPolicies, known: Bearings) -> Bearings:
    """Read anew what could not be read of these."""
    found = known if known.unread is None else take_bearings(place, known)
    return replace(found, policy=policies.of(found.pool)) if found.policy.unread else found


def locate(place: Place, member: Member) -> Reservation | None:
    """Return the block of the instance. Where EC2 does not tell its kind, our native drain action may."""
    block = place.blocks.block_of(member.instance_id)
    if block is None or block.ultraserver is not None:
        return block
    try:
        return by_drain(block, place.members.drain_action(member.group))
    except AwsError:  # the earlier of two deadlines stands then
        return block
