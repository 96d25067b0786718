"""How many API calls one sweep makes over many blocks and groups."""

import math
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from simulator.sample import scheduled_block
from simulator.world import REMINDERS, World

BLOCKS, GROUPS, ULTRASERVERS = 10_000, 500, 64
REGION = "us-east-2"
START = datetime(2027, 3, 1, 9, tzinfo=UTC)
# The most that one page holds: botocore's shapes of these operations.
PAGES = {
    "ec2.DescribeCapacityReservations": 1000,
    "autoscaling.DescribeAutoScalingGroups": 100,
    "autoscaling.DescribeScheduledActions": 100,
    "ec2.DescribeCapacityBlocks": 1000,
    "resourcegroupstaggingapi.GetResources": 100,
    "ssm.GetParametersByPath": 10,
    "dynamodb.Query": None,  # by size, 1 MB a page
}
POOLS = 20


def main() -> None:
    """Count the calls of a sweep over 10,000 reservations and 500 groups in one region, nothing being due."""
    with World(parameters={"ObserveOnly": "false"}, start=START, without=REMINDERS) as world:
        _fill(world)
        world.invoke("ReconcileFunction", {"trigger": "sweep"})  # tells once what there is to tell
        sweeps = []
        for _ in range(2):
            before = len(world.calls.log)
            world.invoke("ReconcileFunction", {"trigger": "sweep"})
            sweeps.append(Counter(call.name for call in world.calls.log[before:]))
    if any(one != other for one, other in pairwise(sweeps)):
        raise RuntimeError(f"two sweeps in a row made other calls: {sweeps}")
    _print(sweeps[0])


def _print(sweep: Counter[str]) -> None:
    listed = {
        "ec2.DescribeCapacityReservations": BLOCKS,
        "autoscaling.DescribeAutoScalingGroups": GROUPS,
        "autoscaling.DescribeScheduledActions": 2 * GROUPS,
        "resourcegroupstaggingapi.GetResources": 0,
        "ssm.GetParametersByPath": POOLS,
    }
    out = sys.stdout.write
    out(f"one sweep, {BLOCKS:,} reservations, {GROUPS} groups, nothing due (simulated)\n")
    for name, count in sorted(sweep.items()):
        size, things = PAGES.get(name), listed.get(name)
        formula = f"ceil({things:,}/{size})" if size and things is not None else "pages"
        out(f"  {name:<42} {count:>3}  {formula}\n")
    core = sweep["ec2.DescribeCapacityReservations"] + sweep["autoscaling.DescribeAutoScalingGroups"]
    bar = math.ceil(BLOCKS / 1000) + math.ceil(GROUPS / 100)
    out(f"ceil(N/1000) + ceil(M/100) = {core} (bar: {bar}); listed pages {sweep.total() - core}; in all ")
    out(f"{sweep.total()}; per thing: {sum(n for name, n in sweep.items() if name not in PAGES)}\n")


def _fill(world: World) -> None:
    """Give each of the groups a block that it is bound to, with its scheduled actions, and leave the rest in pools."""
    start = START + timedelta(days=7, hours=2, minutes=30)
    autoscaling, ssm = world.client("autoscaling"), world.client("ssm")
    template, subnet = _launch_template(world), world.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    for number in range(BLOCKS):
        world.regions[REGION].engine.adopt(
            scheduled_block(_reservation_id(number), 8, start, tags={"capacity-blocks:pool": f"pool-{number % POOLS}"})
        )
    for number in range(POOLS):
        ssm.put_parameter(Name=f"/capacity-blocks/pools/pool-{number}", Value='{"scale_out": true}', Type="String")
    for number in range(GROUPS):
        name, reservation_id = f"group-{number:03}", _reservation_id(number)
        tags = {"capacity-blocks:pool": f"pool-{number % POOLS}", "capacity-blocks:bound-to": reservation_id}
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=8,
            DesiredCapacity=0,
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            VPCZoneIdentifier=subnet,
            Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in tags.items()],
        )
        for action, at, desired in (("start", start, 8), ("drain", start + timedelta(hours=23, minutes=20), 0)):
            autoscaling.put_scheduled_update_group_action(
                AutoScalingGroupName=name,
                ScheduledActionName=f"capacity-blocks-{action}",
                StartTime=at,
                MinSize=0,
                MaxSize=desired,
                DesiredCapacity=desired,
            )


def _launch_template(world: World) -> str:
    made = world.client("ec2").create_launch_template(
        LaunchTemplateName="benchmark", LaunchTemplateData={"InstanceType": "p5.48xlarge"}
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def _reservation_id(number: int) -> str:
    return f"cr-{number:017x}"
