"""A stage for whole lives: the real template and handlers in a local AWS, with blocks and groups as users have them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from moto.core import DEFAULT_ACCOUNT_ID

from capacity_blocks.bootstrap.reconcile import ADAPTERS
from capacity_blocks.core.notice import Severity
from capacity_blocks.core.publication import parse
from capacity_blocks.core.slack import digest, telling
from capacity_blocks.core.slack.route import Route, Routes
from simulator import changes
from simulator.assumptions import Assumptions, seconds
from simulator.auto_scaling.journal import CapacityChanged, InstanceLaunched, InstanceTerminating
from simulator.auto_scaling.journal import Journal as GroupJournal
from simulator.call import Call
from simulator.capacity_blocks import CapacityBlockEngine, CapacityBlockError, Payment, State
from simulator.faults import Fault, Strike
from simulator.launch.instances import RECLAIMED
from simulator.measure import BlockFigures, BlockLife, block_figures
from simulator.sample import ACCOUNT, scheduled_block
from simulator.slack.validation import mistakes
from simulator.sns import Notice
from simulator.world import REMINDERS, World

ROOT = Path(__file__).parents[2]
REGION, OTHER_REGION = "us-east-2", "us-west-2"
ZONE, OTHER_ZONE = "us-east-2a", "us-east-2b"
NOW = datetime(2027, 3, 20, 11, 0, tzinfo=UTC)
START = datetime(2027, 3, 20, 11, 30, tzinfo=UTC)
END = START + timedelta(days=1)
DRAIN_AT, RECLAIM_AT = END - timedelta(minutes=40), END - timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
START_ACTION, DRAIN_ACTION = "capacity-blocks-start", "capacity-blocks-drain"
EKS_ACTION = "Amazon EKS Node Group Capacity Scaledown Before Reservation End"
FUNCTION = "ReconcileFunction"
NO_EVENTS = Strike(fault=Fault.EVENT_LOST, nth=None)
# Two instances say as much as eight, and launch in a quarter of the time.
SIZE = 2
# Each look of a run that waits for a delivery costs real time: stories that are not about it are spared most of them.
SOON = Assumptions(delivery=seconds(5))
# What botocore and IAM call differently.
IAM_SERVICES = {"resourcegroupstaggingapi": "tag"}
IAM_ACTIONS = {"Invoke": "InvokeFunction"}

ROUTE = Route(
    channel="C0TEAM", mentions=dict.fromkeys(Severity, ("here", "S0ONCALL")), time_zone=ZoneInfo("Europe/Berlin")
)

Sizes = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a story plays on, and what EC2, Auto Scaling, EKS and the notices show of it."""

    world: World

    # --- what people and EC2 do ---

    def client(self, service: str, region: str | None = None) -> Any:
        return self.world.client(service, region)

    def engine(self, region: str | None = None) -> CapacityBlockEngine:
        return self.world.regions[region or self.world.home].engine

    def block(self, number: int = 1, *, pool: str | None = "training", size: int = SIZE, **changed: Any) -> str:
        """Take over a paid block of p5.48xlarge from START to END, unless said otherwise; return its id."""
        zone = changed.setdefault("AvailabilityZone", ZONE)
        changed.setdefault("AvailabilityZoneId", self._subnet(zone)["AvailabilityZoneId"])
        reservation_id, region = f"cr-0123456789abcdef{number}", zone[:-1]
        arn = f"arn:aws:ec2:{region}:{ACCOUNT}:capacity-reservation/{reservation_id}"
        tags = dict(changed.pop("tags", {})) | ({"capacity-blocks:pool": pool} if pool is not None else {})
        given: dict[str, Any] = {"CapacityReservationArn": arn, "EndDate": END, "CreateDate": self.world.now} | changed
        document = scheduled_block(reservation_id, size, START, tags=tags, **given)
        return self.engine(region).adopt(document)

    def ultraserver(self, reservation_id: str) -> None:
        """Let EC2 say that a reservation is an UltraServer block."""
        [found] = self.engine().look("DescribeCapacityReservations", CapacityReservationIds=[reservation_id])[
            "CapacityReservations"
        ]
        self.engine().adopt_block(
            {
                "CapacityBlockId": "cb-0123456789abcdef1",
                "UltraserverType": "u-p6e-gb200x72",
                "CapacityReservationIds": [reservation_id],
                "CreateDate": found["CreateDate"],
            }
        )

    def template(self, name: str, region: str | None = None, **changed: Any) -> str:
        """Make a launch template as for on-demand instances; a change to None takes a member out."""
        whole = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "p5.48xlarge", **changed}
        data = {member: value for member, value in whole.items() if value is not None}
        made = self.client("ec2", region).create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def group(
        self,
        name: str = "train-a",
        *,
        pool: str | None = "training",
        region: str | None = None,
        template: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        **changed: Any,
    ) -> str:
        """Make an empty group of a pool that has its subnet elsewhere, and candidates in two zones."""
        zones = [f"{region or self.world.home}{letter}" for letter in "ab"]
        subnets = [self.subnet(zone) for zone in zones]
        named = {"capacity-blocks:subnets": " ".join(subnets), **(tags or {})}
        if pool is not None:
            named["capacity-blocks:pool"] = pool
        source = {}
        if "MixedInstancesPolicy" not in changed:
            version = {"LaunchTemplateId": self.template(name, region, **(template or {})), "Version": "$Latest"}
            source = {"LaunchTemplate": version}
        self.client("autoscaling", region).create_auto_scaling_group(
            **{
                "AutoScalingGroupName": name,
                "MinSize": 0,
                "MaxSize": 1,
                "VPCZoneIdentifier": subnets[1],
                "Tags": [{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in named.items()],
                **source,
                **changed,
            }
        )
        return name

    def mixed_group(self, name: str) -> None:
        """Make a group with a mixed instances policy."""
        specification = {"LaunchTemplateId": self.template(name), "Version": "$Latest"}
        policy = {"LaunchTemplate": {"LaunchTemplateSpecification": specification}}
        self.group(name, MixedInstancesPolicy=policy)

    def node_group(self, reservation_id: str, name: str = "nodes", *, own_image: bool = False, **changed: Any) -> str:
        """Make a managed node group for blocks, made for this one; return its Auto Scaling group."""
        image = {} if own_image else {"ImageId": None}
        target = {"CapacityReservationTarget": {"CapacityReservationId": reservation_id}}
        market = {"MarketType": "capacity-block"}
        named: dict[str, Any] = {"InstanceMarketOptions": market, "CapacityReservationSpecification": target, **image}
        template = self.template(name, **named)
        eks, subnets = self.client("eks"), [self.subnet(ZONE)]
        role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/eks"
        if "ml" not in eks.list_clusters()["clusters"]:
            eks.create_cluster(name="ml", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
        made = eks.create_nodegroup(
            **{
                "clusterName": "ml",
                "nodegroupName": name,
                "scalingConfig": {"minSize": 0, "maxSize": 3, "desiredSize": 0},
                "subnets": subnets,
                "nodeRole": role,
                "capacityType": "CAPACITY_BLOCK",
                "launchTemplate": {"id": template, "version": "1"},
                "tags": {"capacity-blocks:pool": "training"},
                **changed,
            }
        )["nodegroup"]
        return str(made["resources"]["autoScalingGroups"][0]["name"])

    def tag_group(self, group: str, key: str, value: str) -> None:
        tag = {"ResourceId": group, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}
        self.client("autoscaling").create_or_update_tags(Tags=[{**tag, "Key": key, "Value": value}])

    def settings(self, pool: str, text: str) -> None:
        """Write the settings of a pool where the product reads them."""
        name = f"/capacity-blocks/pools/{pool}"
        self.client("ssm").put_parameter(Name=name, Value=text, Type="String", Overwrite=True)

    def end_instance(self, instance_id: str) -> None:
        """Let the hardware of an instance fail."""
        instances = self.world.regions[self.world.home].auto_scaling.at.instances
        instances.terminate(instance_id, "its hardware has failed")

    def extend(
        self, reservation_id: str, hours: int = 24, *, paid_after: timedelta | None = None, succeeds: bool = True
    ) -> datetime:
        """Buy more time; return the new end, which counts once it is paid."""
        ec2 = self.client("ec2")
        asked = {"CapacityReservationId": reservation_id, "CapacityBlockExtensionDurationHours": hours}
        [offering] = ec2.describe_capacity_block_extension_offerings(**asked)["CapacityBlockExtensionOfferings"]
        self.engine().plan_payment(Payment(after=paid_after, succeeds=succeeds))
        ec2.purchase_capacity_block_extension(
            CapacityBlockExtensionOfferingId=offering["CapacityBlockExtensionOfferingId"],
            CapacityReservationId=reservation_id,
        )
        end: datetime = offering["CapacityBlockExtensionEndDate"]
        return end

    def turn(self, reservation_id: str, state: State) -> None:
        """Let EC2 say that a block that was paid is in another state after all, and leave it there."""
        holdings = self.engine()._holdings
        reservation = holdings.reservations[reservation_id]
        for appointment in reservation.appointments:
            appointment.cancel()
        reservation.state = state
        holdings.touch()

    @contextmanager
    def refusing(
        self, operation: str, region: str | None = None, code: str = "UnauthorizedOperation"
    ) -> Iterator[None]:
        """Let EC2 refuse a call to everybody in a Region."""

        def refused(_parameters: Mapping[str, Any]) -> dict[str, Any]:
            raise CapacityBlockError(code, f"{operation} is refused.")

        operations = self.engine(region)._operations
        answer = operations[operation]
        operations[operation] = refused
        changes.bump()
        yield
        operations[operation] = answer
        changes.bump()

    def switch_off(self) -> None:
        """Take every trigger away from the functions: schedules, those that they made themselves, and rules."""
        scheduler, events = self.client("scheduler"), self.client("events")
        for schedule in scheduler.list_schedules()["Schedules"]:
            scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])

    def run_until(self, instant: datetime) -> None:
        self.world.run_until(instant)

    def run_for(self, **span: float) -> None:
        self.world.run_for(timedelta(**span))

    # --- what is to be seen ---

    def described(self, group: str = "train-a", region: str | None = None) -> dict[str, Any]:
        answer = self.client("autoscaling", region).describe_auto_scaling_groups(AutoScalingGroupNames=[group])
        found: dict[str, Any] = answer["AutoScalingGroups"][0]
        return found

    def groups(self) -> list[str]:
        answer = self.client("autoscaling").describe_auto_scaling_groups()
        return [group["AutoScalingGroupName"] for group in answer["AutoScalingGroups"]]

    def sizes(self, group: str = "train-a", region: str | None = None) -> Sizes:
        """Minimum, maximum and desired capacity of a group."""
        found = self.described(group, region)
        return found["MinSize"], found["MaxSize"], found["DesiredCapacity"]

    def instances(self, group: str = "train-a", state: str = "InService") -> list[str]:
        return [one["InstanceId"] for one in self.described(group)["Instances"] if one["LifecycleState"] == state]

    def tags(self, group: str = "train-a", region: str | None = None) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.described(group, region)["Tags"]}

    def bound_to(self, group: str = "train-a", region: str | None = None) -> str | None:
        return self.tags(group, region).get("capacity-blocks:bound-to")

    def launch_data(self, group: str = "train-a", region: str | None = None) -> dict[str, Any]:
        """What the template version that a group names asks for."""
        named = self.described(group, region)["LaunchTemplate"]["Version"]
        [version] = self.versions(group, region, Versions=[named])
        data: dict[str, Any] = version["LaunchTemplateData"]
        return data

    def versions(self, group: str = "train-a", region: str | None = None, **asked: Any) -> list[dict[str, Any]]:
        """The versions that the launch template of a group has."""
        template = self.described(group, region)["LaunchTemplate"]["LaunchTemplateId"]
        answer = self.client("ec2", region).describe_launch_template_versions(LaunchTemplateId=template, **asked)
        found: list[dict[str, Any]] = answer["LaunchTemplateVersions"]
        return found

    def scheduled(self, group: str = "train-a", region: str | None = None) -> dict[str, tuple[datetime, int]]:
        """The scheduled actions of a group: when, and what is desired then."""
        found = self.client("autoscaling", region).describe_scheduled_actions(AutoScalingGroupName=group)
        return {
            one["ScheduledActionName"]: (one["StartTime"], one["DesiredCapacity"])
            for one in found["ScheduledUpdateGroupActions"]
        }

    def state(self, reservation_id: str, region: str | None = None) -> str:
        answer = self.engine(region).look("DescribeCapacityReservations", CapacityReservationIds=[reservation_id])
        return str(answer["CapacityReservations"][0]["State"])

    def active_at(self, reservation_id: str) -> datetime:
        """When EC2 said that a block is active, by CloudTrail."""
        [event] = [
            event
            for event in self.world.events
            if event["detail"].get("eventName") == "CapacityBlockActive" and reservation_id in str(event["detail"])
        ]
        return datetime.fromisoformat(event["time"])

    def occupants(self, reservation_id: str, region: str | None = None) -> list[str]:
        """The instances that run in a block, or start to."""
        answer = self.client("ec2", region).describe_instances(
            Filters=[
                {"Name": "capacity-reservation-id", "Values": [reservation_id]},
                {"Name": "instance-state-name", "Values": ["pending", "running"]},
            ]
        )
        return [one["InstanceId"] for run in answer["Reservations"] for one in run["Instances"]]

    def notices(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The facts of the notices that were sent, in order."""
        return [notice.facts for notice in self.world.notices if kind in {None, notice.facts["kind"]}]

    def kinds(self) -> list[str]:
        return [str(facts["kind"]) for facts in self.notices()]

    def steps(self, group: str = "train-a", region: str | None = None) -> list[tuple[datetime, int, str]]:
        """Each change of the desired capacity of a group: when, to what, and by whom."""
        return [
            (fact.at, fact.after.desired, fact.by)
            for fact in self.facts(region).of(CapacityChanged)
            if fact.group == group and fact.before.desired != fact.after.desired
        ]

    def launches(self, reservation_id: str, region: str | None = None) -> list[datetime]:
        return [f.at for f in self.facts(region).of(InstanceLaunched) if f.reservation_id == reservation_id]

    def reclaimed(self, region: str | None = None) -> list[str]:
        """The instances that EC2 itself took away at the end of a block."""
        return [f.instance_id for f in self.facts(region).of(InstanceTerminating) if f.reason == RECLAIMED]

    def figures(self, reservation_id: str, active_at: datetime, reclaim_at: datetime = RECLAIM_AT) -> BlockFigures:
        life = BlockLife(reservation_id=reservation_id, size=SIZE, active_at=active_at, reclaim_at=reclaim_at)
        sizings = {"UpdateAutoScalingGroup", "UpdateNodegroupConfig"}
        asked = [call.at for call in self.world.calls.of(FUNCTION) if call.operation in sizings]
        found = block_figures(life, tuple(self.facts()), asked)
        assert found is not None
        return found

    def failures(self) -> list[str]:
        """What the runs of the function that failed said."""
        return [str(one.error) for one in self.world.functions.invocations if one.error is not None]

    def undeclared(self) -> set[str]:
        """The calls of the function that none of its adapters declares."""
        calls = self.world.calls.of(FUNCTION)
        return {permission(call) for call in calls} - frozenset().union(*(adapter.PERMISSIONS for adapter in ADAPTERS))

    def facts(self, region: str | None = None) -> GroupJournal:
        return self.world.regions[region or self.world.home].facts

    def subnet(self, zone: str) -> str:
        return str(self._subnet(zone)["SubnetId"])

    def _subnet(self, zone: str) -> dict[str, Any]:
        filters = [{"Name": "availability-zone", "Values": [zone]}]
        found: dict[str, Any] = self.client("ec2", zone[:-1]).describe_subnets(Filters=filters)["Subnets"][0]
        return found


def permission(call: Call) -> str:
    """Name what IAM wants for a call."""
    service = IAM_SERVICES.get(call.service, call.service)
    return f"{service}:{IAM_ACTIONS.get(call.operation, call.operation)}"


def refused_by_slack(notices: Sequence[Notice]) -> list[str]:
    """Return what Slack would not take of all that was told, one by one and as a digest."""
    told = [
        parse({"MessageId": str(number), "Message": json.dumps(notice.facts), "Timestamp": notice.at.isoformat()})
        for number, notice in enumerate(notices)
    ]
    messages = [telling.message(each, ROUTE, buttons=buttons) for each in told for buttons in (True, False)]
    if told:
        messages.append(digest.message(told, Routes(default=ROUTE)))
    return [mistake for message in messages for mistake in mistakes(message.payload())]


@contextmanager
def staged(
    *, start: datetime = NOW, quiet: bool = True, assumptions: Assumptions = SOON, **options: Any
) -> Iterator[Stage]:
    """Deploy the product, live; what it called by the end of the story must have been declared."""
    parameters = {"ObserveOnly": "false", **options.pop("parameters", {})}
    own = {"start": start, "skip_quiet_sweeps": quiet, "assumptions": assumptions, "without": REMINDERS, **options}
    with World(ROOT / "template.yaml", parameters, **own) as world:
        stage = Stage(world=world)
        yield stage
        assert stage.undeclared() == set()
        assert refused_by_slack(world.notices) == []
