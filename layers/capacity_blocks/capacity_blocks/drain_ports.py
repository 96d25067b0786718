"""What a drain needs from the outside world, whatever runs on the node."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from capacity_blocks.core.drain.command import Command
from capacity_blocks.core.drain.container import ContainerInstance, Task
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Progress, Report
from capacity_blocks.core.reservation import Reservation


class Drain(Protocol):
    """One way to empty one node. Made anew for each invocation: what it must know again it finds where it works."""

    def look(self, instance_id: str, now: datetime, deadline: datetime) -> Progress:
        """Do what is due on the instance and say how its drain stands; from the deadline on, let it go.

        An API that is away is a reason like any other, and asked again at `look_again_at`.
        """


class Members(Protocol):
    """The instances of the Auto Scaling groups of one region."""

    def member(self, instance_id: str) -> Member | None:
        """Return the instance with its group's tags; None for an instance of no group."""

    def members(self, group: str) -> Sequence[Member]: ...
    def drain_action(self, group: str) -> datetime | None:
        """Return when our native scheduled action drains the group; None where there is none."""


class LifecycleActions(Protocol):
    """The wait that our hook puts on an instance that terminates."""

    def timeout(self, group: str) -> timedelta | None:
        """Return how long the wait lasts from each heartbeat on; None where our hook is not on the group."""

    def heartbeat(self, member: Member) -> bool:
        """Begin the wait anew; False when nothing waits (any more)."""

    def complete(self, member: Member) -> bool:
        """Let the instance go on (CONTINUE); False when nothing waits (any more): it goes, or is gone."""


class Blocks(Protocol):
    """Which Capacity Block an instance of this region runs in."""

    def block_of(self, instance_id: str) -> Reservation | None:
        """Return the block; None for an instance outside of any. What EC2 does not say raises AwsError."""

    def is_running(self, instance_id: str) -> bool:
        """Whether anything can still run on the instance; False once EC2 ends it, or has. Unsaid raises AwsError."""


class NodeGroupTags(Protocol):
    def tags(self, cluster: str, name: str) -> Mapping[str, str]:
        """Return the tags of a managed node group. Its Auto Scaling group does not carry them."""


class ContainerInstances(Protocol):
    """The container instances of ECS in one region."""

    def find(self, instance_id: str, cluster: str | None) -> ContainerInstance | None:
        """Return the container instance that is this instance, in this cluster or in any."""

    def read(self, found: ContainerInstance) -> ContainerInstance | None:
        """Return how it stands now; None when it is gone."""

    def drain(self, found: ContainerInstance) -> None:
        """Set it to DRAINING."""

    def tasks(self, found: ContainerInstance) -> Sequence[Task]:
        """Return the tasks on it that have not stopped, whether ECS wants them to or not."""


class Commands(Protocol):
    """SSM's Run Command in one region."""

    def find(self, instance_id: str, document: str, mark: str) -> Command | None:
        """Return the newest command of this document on the instance that was sent with `mark`.

        What was sent a moment ago may not be listed yet.
        """

    def read(self, command_id: str, instance_id: str) -> Command | None: ...
    def send(self, instance_ids: Sequence[str], document: str, mark: str, within: timedelta) -> str:
        """Run the document on instances that take it up within this time; return the command's id. Never repeated."""


class Webhooks(Protocol):
    def post(self, url: str, body: Mapping[str, Any]) -> None:
        """Send JSON to an https address; raise WebhookError unless it is taken."""


class WebhookError(Exception):
    """A webhook did not take what it was sent."""


class DrainLedger(Protocol):
    def read(self, reservation_id: str, instance_id: str) -> DrainRecord | None:
        """Return what is remembered of a drain, read consistently."""

    def write(self, record: DrainRecord, replacing: DrainRecord | None) -> bool:
        """Write if the one there is still `replacing` (None: none there); False if another run was faster."""

    def records(self, reservation_id: str) -> Sequence[DrainRecord]:
        """Return every drain of a block, by instance id."""

    def results(self, reservation_id: str) -> Sequence[Report]:
        """Return how the drains of a block ended, those that did, by instance id."""

    def under_way(self, reservation_ids: Sequence[str], now: datetime) -> frozenset[str]:
        """Return the instances of these blocks whose drain somebody is at. All others that wait are to be started."""

    def measure(self, pool: str, reservation_id: str, took: timedelta, now: datetime) -> None:
        """Remember how long a drain took. Of each block the longest is kept."""

    def longest(self, pool: str) -> timedelta | None:
        """Return the longest drain in the last blocks of a pool; None before the first."""


class Invocations(Protocol):
    def invoke(self, function: str, event: Mapping[str, Any]) -> None:
        """Have a function run with this event, soon, and without waiting for it. Asking twice runs it twice."""
