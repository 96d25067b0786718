"""Who buys in a drill of purchases: an account with a group, a pool with money, a person who approves, a request."""

import json

from simulator.world import World

REGION = "us-east-2"
GROUP, POOL = "training-a", "training"
APPROVER = "arn:aws:iam::123456789012:user/alice"
MONEY = {
    "most_per_purchase": "2000",
    "monthly_budget": "4000",
    "approvers": [APPROVER],
    "two_approvers_above": "2000",
    "approve_within_hours": 1,
}
REQUEST = {
    "request_id": "drill",
    "pool": POOL,
    "instance_types": ["p5.48xlarge"],
    "instance_count": 2,
    "duration_days": 1,
    "earliest_start": "2027-03-20T00:00:00Z",
    "latest_end": "2027-03-24T12:00:00Z",
    "most_upfront_fee": "2000",
}


def furnish(world: World) -> None:
    """Make what a user has: a group of the pool, its settings, and spending switched on."""
    ec2, ssm, scheduler = (world.client(each) for each in ("ec2", "ssm", "scheduler"))
    subnets = {each["AvailabilityZone"]: each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]}
    template = ec2.create_launch_template(LaunchTemplateName=GROUP, LaunchTemplateData={"InstanceType": "p5.48xlarge"})[
        "LaunchTemplate"
    ]["LaunchTemplateId"]
    tags = {"capacity-blocks:pool": POOL, "capacity-blocks:subnets": " ".join(subnets.values())}
    world.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=0,
        MaxSize=2,
        DesiredCapacity=0,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        VPCZoneIdentifier=subnets[f"{REGION}b"],
        Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in tags.items()],
    )
    written = {f"/capacity-blocks/pools/{POOL}": json.dumps({"money": MONEY}), "/capacity-blocks/spending": "on"}
    for name, value in written.items():
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    # The sweep of blocks has drills of its own; the sweep of purchases is a part of what is put to the test.
    for each in scheduler.list_schedules()["Schedules"]:
        if "ReconcileFunction" in each["Target"]["Arn"]:
            scheduler.delete_schedule(Name=each["Name"], GroupName=each["GroupName"])
