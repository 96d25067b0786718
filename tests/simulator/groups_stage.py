"""A stage for groups: one account and Region on virtual time, with the real Capacity Block engine below."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.backends import get_backend
from moto.moto_api._internal import mock_random

from simulator import auto_scaling, moto_ec2, validation
from simulator.assumptions import Assumptions, seconds
from simulator.auto_scaling.journal import Journal
from simulator.auto_scaling.region import AutoScaling
from simulator.capacity_blocks import CapacityBlockEngine
from simulator.clock import VirtualClock

ACCOUNT, REGION, ZONE = "123456789012", "us-east-2", "us-east-2a"
NOW = datetime(2027, 3, 20, 9, 0, tzinfo=UTC)
START = datetime(2027, 3, 20, 11, 30, tzinfo=UTC)
END = START + timedelta(days=1)
# Delays that make a test's times plain: what must be random is given by the test itself.
PLAIN = Assumptions(
    delivery=seconds(60),
    instance_start=seconds(40),
    instance_stop=seconds(50),
    slot_cleanup=seconds(200),
    scheduled_action=seconds(10),
    scaling_reaction=seconds(2),
    launch_retry=seconds(100),
    health_check=seconds(30),
    lifecycle_action=seconds(3),
    node_group_update=seconds(90),
    node_group_drain=seconds(60),
    reclaim=seconds(0),
)


@dataclass(slots=True, kw_only=True)
class Stage:
    """What a test plays on, and what it looks at."""

    clock: VirtualClock
    engine: CapacityBlockEngine
    simulated: AutoScaling
    events: list[tuple[datetime, str, dict[str, Any], list[str]]] = field(default_factory=list)

    @property
    def journal(self) -> Journal:
        return self.simulated.journal

    def client(self, service: str) -> Any:
        return _client(service)

    def run(self, **delay: float) -> None:
        self.clock.run_until(self.clock.now() + timedelta(**delay))

    def until(self, instant: datetime) -> None:
        self.clock.run_until(instant)

    def subnet(self, zone: str = ZONE) -> str:
        filters = [{"Name": "availability-zone", "Values": [zone]}]
        return str(self.client("ec2").describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"])

    def block(self, number: int = 1, **changes: Any) -> str:
        """A block of 4 p5.48xlarge that is scheduled from START to END, unless said otherwise."""
        reservation_id = f"cr-0123456789abcdef{number}"
        size = str(changes.pop("size", 4))
        return self.engine.adopt(
            {
                "CapacityReservationId": reservation_id,
                "OwnerId": ACCOUNT,
                "CapacityReservationArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:capacity-reservation/{reservation_id}",
                "AvailabilityZoneId": "use2-az1",
                "InstanceType": "p5.48xlarge",
                "InstancePlatform": "Linux/UNIX",
                "AvailabilityZone": ZONE,
                "Tenancy": "default",
                "TotalInstanceCount": 0,
                "AvailableInstanceCount": 0,
                "EbsOptimized": False,
                "EphemeralStorage": False,
                "State": "scheduled",
                "StartDate": START,
                "EndDate": END,
                "EndDateType": "limited",
                "InstanceMatchCriteria": "targeted",
                "CreateDate": NOW - timedelta(days=5),
                "Tags": [{"Key": "aws:ec2capacityreservation:incrementalRequestedQuantity", "Value": size}],
                "ReservationType": "capacity-block",
                **changes,
            }
        )

    def template(self, reservation_id: str | None, name: str = "training", **changes: Any) -> str:
        """A launch template for a block; a change to None takes a member out."""
        target = {"CapacityReservationTarget": {"CapacityReservationId": reservation_id}}
        data = {
            "ImageId": "ami-0123456789abcdef0",
            "InstanceType": "p5.48xlarge",
            "InstanceMarketOptions": {"MarketType": "capacity-block"},
            "CapacityReservationSpecification": target if reservation_id else None,
            **changes,
        }
        given = {key: value for key, value in data.items() if value is not None}
        made = self.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=given)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def group(self, template_id: str, name: str = "train", **changes: Any) -> str:
        """A group of 0 to 8 instances in the block's zone."""
        self.client("autoscaling").create_auto_scaling_group(
            **{
                "AutoScalingGroupName": name,
                "MinSize": 0,
                "MaxSize": 8,
                "LaunchTemplate": {"LaunchTemplateId": template_id, "Version": "1"},
                "VPCZoneIdentifier": self.subnet(),
                **changes,
            }
        )
        return name

    def running(self, size: int = 2, **changes: Any) -> str:
        """A group with instances in service in an active block."""
        group = self.group(self.template(self.block()), **changes)
        self.until(START + timedelta(minutes=2))
        self.desire(size)
        self.run(minutes=2)
        assert self.lifecycles(group) == ["InService"] * size
        return group

    def desire(self, desired: int, group: str = "train") -> None:
        self.client("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=desired)

    def described(self, group: str = "train") -> dict[str, Any]:
        answer = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
        found: dict[str, Any] = answer["AutoScalingGroups"][0]
        return found

    def numbers(self, group: str = "train") -> tuple[int, int, int]:
        found = self.described(group)
        return found["MinSize"], found["MaxSize"], found["DesiredCapacity"]

    def instances(self, group: str = "train") -> list[str]:
        return [one["InstanceId"] for one in self.described(group)["Instances"]]

    def lifecycles(self, group: str = "train") -> list[str]:
        return [one["LifecycleState"] for one in self.described(group)["Instances"]]

    def activities(self, group: str = "train") -> list[dict[str, Any]]:
        """The newest first."""
        answer = self.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group)
        found: list[dict[str, Any]] = answer["Activities"]
        return found

    def states(self, reservation_id: str | None = None) -> list[str]:
        """The states of all instances that EC2 still shows."""
        filters = [{"Name": "capacity-reservation-id", "Values": [reservation_id]}] if reservation_id else []
        answer = self.client("ec2").describe_instances(Filters=filters)
        return [one["State"]["Name"] for run in answer["Reservations"] for one in run["Instances"]]

    def free(self, reservation_id: str) -> int:
        answer = self.client("ec2").describe_capacity_reservations(CapacityReservationIds=[reservation_id])
        return int(answer["CapacityReservations"][0]["AvailableInstanceCount"])


@contextmanager
def staged(seed: int = 1, **assumptions: Any) -> Iterator[Stage]:
    """Set the stage. Every answer is held against botocore's output shape."""
    clock = VirtualClock(NOW)
    assumed = replace(PLAIN, **assumptions)
    auto_scaling.install()
    moto_ec2.install()
    # moto's 1,300 images take 0.2 s each time, and nobody here looks at one.
    without_images = mock.patch.dict("os.environ", {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"})
    with without_images, mock_aws(config={"core": {"reset_boto3_session": False}}), clock.installed():
        mock_random.seed(seed)
        events: list[tuple[datetime, str, dict[str, Any], list[str]]] = []

        def emit(source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
            if source == "aws.autoscaling":
                events.append((clock.now(), detail_type, dict(detail), list(resources)))

        engine = CapacityBlockEngine(clock, REGION, ACCOUNT, random.Random(f"{seed}:engine"), assumed, emit)
        moto_ec2.bind(get_backend("ec2")[ACCOUNT][REGION], engine)
        rng = random.Random(f"{seed}:groups")
        simulated = auto_scaling.attach(ACCOUNT, REGION, clock, engine, rng, assumed, emit)
        yield Stage(clock=clock, engine=engine, simulated=simulated, events=events)


def refusal(call: Any, **parameters: Any) -> str:
    """The code of the error that a call is refused with."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "nothing was refused"


@cache
def _client(service: str) -> Any:
    session: Any = boto3.session.Session(
        aws_access_key_id="made-up", aws_secret_access_key="made-up", region_name=REGION
    )
    client = session.client(service)

    def check(parsed: dict[str, Any], model: Any, http_response: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            validation.check(model, parsed)

    client.meta.events.register("after-call", check)
    return client
