from typing import Any

import pytest

from capacity_blocks.adapters.autoscaling_group import read_group
from capacity_blocks.core.group import Group
from capacity_blocks.core.target import Instance, Suspension, TemplateVersion
from tests.factories import REGION, START

ITEM: dict[str, Any] = {
    "AutoScalingGroupName": "train",
    "LaunchTemplate": {"LaunchTemplateId": "lt-0a", "LaunchTemplateName": "nodes", "Version": "3"},
    "MinSize": 0,
    "MaxSize": 8,
    "DesiredCapacity": 2,
    "DefaultCooldown": 300,
    "AvailabilityZones": ["us-east-2a"],
    "HealthCheckType": "EC2",
    "CreatedTime": START,
    "VPCZoneIdentifier": "subnet-a,subnet-b",
    "NewInstancesProtectedFromScaleIn": True,
    "Instances": [
        {"InstanceId": "i-1", "LifecycleState": "InService", "ProtectedFromScaleIn": True, "HealthStatus": "Healthy"},
        {"InstanceId": "i-2", "LifecycleState": "Standby", "ProtectedFromScaleIn": False, "HealthStatus": "Healthy"},
    ],
    "Tags": [{"Key": "capacity-blocks:pool", "Value": "training", "ResourceId": "train"}],
}
OVERRIDES = (
    "it has a capacity reservation setting of its own (preference {}), which overrides the launch template: "
    "set the preference to default, without a target"
)


def read(**changes: Any) -> Group:
    item: Any = {**ITEM, **changes}
    return read_group(item, REGION)


def test_a_group_is_read_whole() -> None:
    assert read() == Group(
        name="train",
        region=REGION,
        tags={"capacity-blocks:pool": "training"},
        minimum=0,
        maximum=8,
        desired=2,
        instances=(
            Instance(instance_id="i-1", lifecycle_state="InService", protected=True),
            Instance(instance_id="i-2", lifecycle_state="Standby", protected=False),
        ),
        launch=Suspension.NOBODY,
        subnets=("subnet-a", "subnet-b"),
        template=TemplateVersion(template_id="lt-0a", version="3"),
        obstacles=(),
    )


def test_a_bare_group_is_read_too() -> None:
    optional = {"LaunchTemplate", "VPCZoneIdentifier", "NewInstancesProtectedFromScaleIn", "Instances", "Tags"}
    item: Any = {k: v for k, v in ITEM.items() if k not in optional}

    assert read_group(item, REGION) == Group(name="train", region=REGION, maximum=8, desired=2)


def test_a_template_without_a_version_stands_for_its_default() -> None:
    named = {"LaunchTemplateId": "lt-0a", "LaunchTemplateName": "nodes"}

    assert read(LaunchTemplate=named).template == TemplateVersion(template_id="lt-0a", version="$Default")


@pytest.mark.parametrize(
    ("process", "reason", "suspension"),
    [
        ("Launch", "User suspended at 2026-02-28T10:00:00Z", Suspension.PERSON),
        ("Launch", "Administrative suspension at 2026-02-28T10:00:00Z", Suspension.AUTO_SCALING),
        ("Launch", "whatever else Auto Scaling may say", Suspension.AUTO_SCALING),
        ("Launch", "", Suspension.PERSON),
        ("Terminate", "User suspended at 2026-02-28T10:00:00Z", Suspension.NOBODY),
        ("AZRebalance", "Administrative suspension", Suspension.NOBODY),
    ],
)
def test_who_suspended_launches_is_told_by_the_reason(process: str, reason: str, suspension: Suspension) -> None:
    suspended = [{"ProcessName": "HealthCheck"}, {"ProcessName": process, "SuspensionReason": reason}]

    assert read(SuspendedProcesses=suspended).launch is suspension


def test_a_suspension_without_a_reason_is_taken_for_a_persons() -> None:
    assert read(SuspendedProcesses=[{"ProcessName": "Launch"}]).launch is Suspension.PERSON


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        (
            {"MixedInstancesPolicy": {"LaunchTemplate": {}}},
            "it has a mixed instances policy: give it a launch template instead",
        ),
        ({"WarmPoolConfiguration": {"MinSize": 0}}, "it has a warm pool: delete the warm pool"),
        ({"PlacementGroup": "pg"}, "it has placement group pg: remove it, blocks allow none"),
        (
            {"CapacityReservationSpecification": {"CapacityReservationPreference": "capacity-reservations-first"}},
            OVERRIDES.format("capacity-reservations-first"),
        ),
        (
            {
                "CapacityReservationSpecification": {
                    "CapacityReservationPreference": "default",
                    "CapacityReservationTarget": {"CapacityReservationIds": ["cr-0b"]},
                }
            },
            OVERRIDES.format("default"),
        ),
    ],
    ids=["mixed instances", "warm pool", "placement group", "preference", "target"],
)
def test_what_stands_against_any_block_is_told_with_what_to_change(changes: dict[str, Any], obstacle: str) -> None:
    assert read(**changes).obstacles == (obstacle,)


@pytest.mark.parametrize(
    "changes",
    [
        {"PlacementGroup": ""},
        {"CapacityReservationSpecification": {}},
        {"CapacityReservationSpecification": {"CapacityReservationPreference": "default"}},
        {
            "CapacityReservationSpecification": {
                "CapacityReservationTarget": {"CapacityReservationIds": [], "CapacityReservationResourceGroupArns": []}
            }
        },
    ],
)
def test_settings_that_say_nothing_stand_against_no_block(changes: dict[str, Any]) -> None:
    assert read(**changes).obstacles == ()


def test_the_group_of_a_managed_node_group_is_eks_business() -> None:
    tags = [{"Key": "eks:nodegroup-name", "Value": "gpu"}]

    assert read(MixedInstancesPolicy={"LaunchTemplate": {}}, Tags=tags).obstacles == ()
