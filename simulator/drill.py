"""A short life of one block on the product's own template, to be struck by faults: what must hold, held against it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.assumptions import Assumptions, seconds
from simulator.auto_scaling.journal import CapacityChanged, InstanceLaunched, InstanceTerminated
from simulator.faults import Fault, Faults, Place, Strike
from simulator.sample import scheduled_block
from simulator.world import REMINDERS, World

REGION = "us-east-2"
GROUP, POOL, RESERVATION = "training-a", "training", "cr-0123456789abcdef0"
SHARE = 4
BEGIN = datetime(2027, 3, 1, 9, tzinfo=UTC)
START = BEGIN + timedelta(minutes=12)  # time for a claim that a crash left behind to be taken over
END = START + timedelta(hours=1)  # far shorter than a real block, so that many can be played
DRAIN_AT, RECLAIM_AT = END - timedelta(minutes=40), END - timedelta(minutes=30)
FINISH = END + timedelta(minutes=10)
ACTIVE = START + timedelta(seconds=20)
MAXIMUM = 2  # of the group before it is bound
# The faults that strike a call of a handler, each as often in a row as it takes to get past the SDK's own retries.
OF_CALLS = {Fault.CRASH_BEFORE: 1, Fault.CRASH_AFTER: 1, Fault.REPLY_LOST: 1, Fault.THROTTLE: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a life came to. Durations are from the instant at which EC2 said active, or from the drain instant."""

    faults: str
    full_after: timedelta | None  # until EC2 had accepted all launches
    emptied_after: timedelta | None  # until the group's desired capacity was 0 for good
    launched_after_drain: int
    running_at_reclaim: int
    raised_after_drain: int
    loose_ends: tuple[str, ...]  # what was left behind at the finish
    notices: tuple[tuple[str, int], ...]  # subjects that people got more than once, and how often
    errors: int

    def violations(self, *, full_within: timedelta, emptied_within: timedelta) -> Iterator[str]:
        """Return what must never be, under any single fault."""
        if self.full_after is None or self.full_after > full_within:
            yield f"full {self.full_after} after active"
        if self.emptied_after is None or self.emptied_after > emptied_within:
            yield f"empty {self.emptied_after} after the drain instant"
        if self.running_at_reclaim:
            yield f"{self.running_at_reclaim} instances ran into reclaim"
        if self.launched_after_drain or self.raised_after_drain:
            yield f"{self.launched_after_drain} launched and {self.raised_after_drain} raised after the drain instant"
        yield from self.loose_ends
        yield from (f"told {count} times: {subject}" for subject, count in self.notices if count > 2)


def life(faults: Faults | None = None, seed: int = 0) -> Outcome:
    """Play the block's life under `faults`."""
    return _played(faults or Faults(), seed)[0]


def calls(seed: int = 0) -> tuple[Place, ...]:
    """Return every call that handlers make in a life without faults: the places where one may strike."""
    return _played(Faults(), seed)[1]


def single_faults(places: Sequence[Place]) -> tuple[Strike, ...]:
    """Return each fault at each place that changes something, and a throttle at each that only reads."""
    mutating = [p.strike(fault, times) for p in places if p.mutating for fault, times in OF_CALLS.items()]
    reading = [p.strike(Fault.THROTTLE, OF_CALLS[Fault.THROTTLE]) for p in places if not p.mutating]
    return (*mutating, *reading)


def _played(faults: Faults, seed: int) -> tuple[Outcome, tuple[Place, ...]]:
    # EC2 delivers at a known instant, so that every life has the same calls at the same places.
    assumptions = Assumptions(delivery=seconds((ACTIVE - START).total_seconds()))
    with World(
        parameters={"ObserveOnly": "false"},
        start=BEGIN,
        seed=seed,
        assumptions=assumptions,
        faults=faults,
        skip_quiet_sweeps=True,
        without=REMINDERS,
    ) as world:
        template = _furnish(world)
        world.run_until(FINISH)
        return _outcome(world, template), world.places()


def _furnish(world: World) -> str:
    ec2 = world.client("ec2")
    subnets = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    made = ec2.create_launch_template(LaunchTemplateName=GROUP, LaunchTemplateData={"InstanceType": "p5.48xlarge"})[
        "LaunchTemplate"
    ]
    tags = {"capacity-blocks:pool": POOL, "capacity-blocks:subnets": " ".join(subnets.values())}
    world.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=0,
        MaxSize=MAXIMUM,
        DesiredCapacity=0,
        LaunchTemplate={"LaunchTemplateId": made["LaunchTemplateId"], "Version": "1"},
        VPCZoneIdentifier=subnets[f"{REGION}b"],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in tags.items()],
    )
    world.load(
        {
            "CapacityReservations": [
                scheduled_block(RESERVATION, SHARE, START, END - START, {"capacity-blocks:pool": POOL})
            ]
        }
    )
    return str(made["LaunchTemplateId"])


def _outcome(world: World, template: str) -> Outcome:
    facts = list(world.regions[REGION].facts)
    launched = [f for f in facts if isinstance(f, InstanceLaunched)]
    gone = {f.instance_id: f.at for f in facts if isinstance(f, InstanceTerminated)}
    changed = [f for f in facts if isinstance(f, CapacityChanged)]
    emptied = [f.at for f in changed if f.after.desired == 0 and f.before.desired > 0]
    told = Counter(notice.subject or notice.text for notice in world.notices)
    return Outcome(
        faults=repr(world.faults),
        full_after=launched[SHARE - 1].at - ACTIVE if len(launched) >= SHARE else None,
        emptied_after=emptied[-1] - DRAIN_AT if emptied else None,
        launched_after_drain=sum(f.at >= DRAIN_AT for f in launched),
        running_at_reclaim=sum(gone.get(f.instance_id, FINISH) >= RECLAIM_AT for f in launched),
        raised_after_drain=sum(f.at >= DRAIN_AT and f.after.desired > f.before.desired for f in changed),
        loose_ends=tuple(_loose_ends(world, template)),
        notices=tuple((subject, count) for subject, count in sorted(told.items()) if count > 1),
        errors=len([fact for fact in world.journal.of("invocation") if not fact.text.endswith(": ok")]),
    )


def _loose_ends(world: World, template: str) -> Iterator[str]:
    """Return what is not as it was before the block, but for the market type of the launch template."""
    autoscaling, ec2 = world.client("autoscaling"), world.client("ec2")
    [group] = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    if any(tag["Key"] == "capacity-blocks:bound-to" for tag in group["Tags"]):
        yield "the group is still bound"
    if (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) != (0, MAXIMUM, 0):
        yield f"the group has sizes {group['MinSize']}, {group['MaxSize']}, {group['DesiredCapacity']}"
    if autoscaling.describe_scheduled_actions(AutoScalingGroupName=GROUP)["ScheduledUpdateGroupActions"]:
        yield "the group has scheduled actions left"
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    if len(versions) > 2:
        yield f"the launch template has {len(versions)} versions"
    used = next(v for v in versions if str(v["VersionNumber"]) == group["LaunchTemplate"]["Version"])
    if used["LaunchTemplateData"].get("InstanceMarketOptions", {}).get("MarketType") != "capacity-block":
        yield "the group could launch on demand"
