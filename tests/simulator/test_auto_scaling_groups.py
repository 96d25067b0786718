"""Groups as they are made, changed, shown and deleted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.simulator.groups_stage import NOW, START, Stage, refusal, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


@pytest.fixture
def template(stage: Stage) -> str:
    return stage.template(stage.block())


def _names(stage: Stage, **parameters: Any) -> list[str]:
    answer = stage.client("autoscaling").describe_auto_scaling_groups(**parameters)
    return [one["AutoScalingGroupName"] for one in answer["AutoScalingGroups"]]


def test_a_new_group_is_shown_as_it_was_asked_for(stage: Stage, template: str) -> None:
    stage.group(template, Tags=[{"Key": "team", "Value": "ml"}])
    shown = stage.described()
    assert shown.pop("AutoScalingGroupARN").endswith(":autoScalingGroupName/train")
    assert shown == {
        "AutoScalingGroupName": "train",
        "MinSize": 0,
        "MaxSize": 8,
        "DesiredCapacity": 0,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["us-east-2a"],
        "VPCZoneIdentifier": stage.subnet(),
        "LoadBalancerNames": [],
        "TargetGroupARNs": [],
        "HealthCheckType": "EC2",
        "HealthCheckGracePeriod": 0,
        "Instances": [],
        "CreatedTime": NOW,
        "SuspendedProcesses": [],
        "EnabledMetrics": [],
        "TerminationPolicies": ["Default"],
        "NewInstancesProtectedFromScaleIn": False,
        "LaunchTemplate": {"LaunchTemplateId": template, "LaunchTemplateName": "training", "Version": "1"},
        "Tags": [
            {
                "Key": "team",
                "Value": "ml",
                "ResourceId": "train",
                "ResourceType": "auto-scaling-group",
                "PropagateAtLaunch": False,
            }
        ],
    }


def test_a_template_without_a_version_is_shown_without_one(stage: Stage, template: str) -> None:
    stage.group(template, LaunchTemplate={"LaunchTemplateName": "training"})
    assert stage.described()["LaunchTemplate"] == {"LaunchTemplateId": template, "LaunchTemplateName": "training"}


def test_a_mixed_instances_policy_is_kept_and_shown(stage: Stage) -> None:
    template = stage.template(None, InstanceMarketOptions=None)
    specification = {"LaunchTemplateId": template, "Version": "1"}
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": specification,
            "Overrides": [{"InstanceType": "p5.48xlarge"}],
        },
        "InstancesDistribution": {"OnDemandAllocationStrategy": "prioritized"},
    }
    stage.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="mixed",
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=stage.subnet(),
        MixedInstancesPolicy=policy,
    )
    shown = stage.described("mixed")
    assert "LaunchTemplate" not in shown
    named = {**specification, "LaunchTemplateName": "training"}
    within = {"LaunchTemplateSpecification": named, "Overrides": [{"InstanceType": "p5.48xlarge"}]}
    assert shown["MixedInstancesPolicy"] == {**policy, "LaunchTemplate": within}


def test_a_mixed_instances_policy_takes_no_template_with_a_market_type(stage: Stage, template: str) -> None:
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"}}}
    code = refusal(
        stage.client("autoscaling").create_auto_scaling_group,
        AutoScalingGroupName="mixed",
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=stage.subnet(),
        MixedInstancesPolicy=policy,
    )
    assert code == "ValidationError"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MinSize": 9}, "ValidationError"),
        ({"DesiredCapacity": 9}, "ValidationError"),
        ({"VPCZoneIdentifier": "subnet-0123456789abcdef0"}, "ValidationError"),
        ({"AvailabilityZones": ["us-east-2b"]}, "ValidationError"),
        ({"VPCZoneIdentifier": None}, "ValidationError"),
        ({"LaunchTemplate": {"LaunchTemplateName": "training", "Version": "7"}}, "ValidationError"),
        ({"LaunchTemplate": {"LaunchTemplateName": "unknown", "Version": "1"}}, "ValidationError"),
        ({"LaunchTemplate": {"Version": "1"}}, "ValidationError"),
    ],
)
def test_a_group_that_makes_no_sense_is_refused(
    stage: Stage, template: str, changes: dict[str, Any], code: str
) -> None:
    parameters = {
        "AutoScalingGroupName": "train",
        "MinSize": 0,
        "MaxSize": 8,
        "LaunchTemplate": {"LaunchTemplateId": template, "Version": "1"},
        "VPCZoneIdentifier": stage.subnet(),
        **changes,
    }
    asked = {key: value for key, value in parameters.items() if value is not None}
    assert refusal(stage.client("autoscaling").create_auto_scaling_group, **asked) == code
    assert _names(stage) == []


def test_a_name_is_given_once(stage: Stage, template: str) -> None:
    stage.group(template)
    code = refusal(
        stage.client("autoscaling").create_auto_scaling_group,
        AutoScalingGroupName="train",
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateId": template},
        VPCZoneIdentifier=stage.subnet(),
    )
    assert code == "AlreadyExists"


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({"MinSize": 2}, (2, 8, 2)),
        ({"MinSize": 2, "DesiredCapacity": 3}, (2, 8, 3)),
        ({"MaxSize": 1}, (0, 1, 0)),
        ({"MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0}, (0, 0, 0)),
        ({"HealthCheckGracePeriod": 60}, (0, 8, 0)),
    ],
)
def test_an_update_changes_what_it_gives_and_keeps_the_desired_capacity_within_its_bounds(
    stage: Stage, template: str, changes: dict[str, Any], numbers: tuple[int, int, int]
) -> None:
    stage.group(template)
    stage.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="train", **changes)
    assert stage.numbers() == numbers


def test_a_lower_maximum_lowers_the_desired_capacity(stage: Stage, template: str) -> None:
    stage.group(template, DesiredCapacity=5)
    stage.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="train", MaxSize=3)
    assert stage.numbers() == (0, 3, 3)


@pytest.mark.parametrize("changes", [{"MinSize": 9}, {"DesiredCapacity": 9}, {"MaxSize": 2, "DesiredCapacity": 3}])
def test_an_update_that_makes_no_sense_changes_nothing(stage: Stage, template: str, changes: dict[str, int]) -> None:
    stage.group(template)
    groups = stage.client("autoscaling")
    code = refusal(
        groups.update_auto_scaling_group, AutoScalingGroupName="train", VPCZoneIdentifier=stage.subnet(), **changes
    )
    assert (code, stage.numbers()) == ("ValidationError", (0, 8, 0))


@pytest.mark.parametrize("desired", [9, 1])
def test_a_desired_capacity_beyond_the_bounds_is_refused(stage: Stage, template: str, desired: int) -> None:
    stage.group(template, MinSize=2)
    code = refusal(
        stage.client("autoscaling").set_desired_capacity, AutoScalingGroupName="train", DesiredCapacity=desired
    )
    assert (code, stage.numbers()) == ("ValidationError", (2, 8, 2))


def test_a_group_that_is_not_there_is_an_error_for_a_change_and_nothing_for_a_look(stage: Stage) -> None:
    groups = stage.client("autoscaling")
    assert refusal(groups.set_desired_capacity, AutoScalingGroupName="none", DesiredCapacity=1) == "ValidationError"
    assert refusal(groups.update_auto_scaling_group, AutoScalingGroupName="none", MaxSize=1) == "ValidationError"
    assert _names(stage, AutoScalingGroupNames=["none"]) == []


def test_groups_move_to_other_subnets(stage: Stage, template: str) -> None:
    stage.group(template)
    stage.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="train", VPCZoneIdentifier=stage.subnet("us-east-2b")
    )
    shown = stage.described()
    assert (shown["VPCZoneIdentifier"], shown["AvailabilityZones"]) == (stage.subnet("us-east-2b"), ["us-east-2b"])


def test_groups_come_in_pages(stage: Stage, template: str) -> None:
    names = [stage.group(template, name=f"group-{number:03}") for number in range(120)]
    groups = stage.client("autoscaling")
    pages = list(groups.get_paginator("describe_auto_scaling_groups").paginate(PaginationConfig={"PageSize": 100}))
    assert [len(page["AutoScalingGroups"]) for page in pages] == [100, 20]
    assert [one["AutoScalingGroupName"] for page in pages for one in page["AutoScalingGroups"]] == names
    assert len(_names(stage)) == 50
    assert refusal(groups.describe_auto_scaling_groups, MaxRecords=101) == "ValidationError"
    assert refusal(groups.describe_auto_scaling_groups, NextToken="made-up") == "InvalidNextToken"


def test_groups_are_found_by_tag_and_all_filters_must_match(stage: Stage, template: str) -> None:
    stage.group(template, "a", Tags=[{"Key": "pool", "Value": "x"}, {"Key": "team", "Value": "ml"}])
    stage.group(template, "b", Tags=[{"Key": "pool", "Value": "y"}])
    stage.group(template, "c")
    by_key = {"Name": "tag-key", "Values": ["pool"]}
    by_value = {"Name": "tag:pool", "Values": ["y", "z"]}
    assert _names(stage, Filters=[by_key]) == ["a", "b"]
    assert _names(stage, Filters=[by_value]) == ["b"]
    assert _names(stage, Filters=[by_key, {"Name": "tag:team", "Values": ["ml"]}]) == ["a"]
    assert _names(stage, Filters=[{"Name": "tag-value", "Values": ["ml"]}]) == ["a"]
    code = refusal(stage.client("autoscaling").describe_auto_scaling_groups, Filters=[{"Name": "pool", "Values": []}])
    assert code == "ValidationError"


def test_tags_are_put_over_added_and_taken_off(stage: Stage, template: str) -> None:
    stage.group(template, Tags=[{"Key": "pool", "Value": "x"}, {"Key": "team", "Value": "ml"}])
    groups = stage.client("autoscaling")
    on = {"ResourceId": "train", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}
    groups.create_or_update_tags(Tags=[{**on, "Key": "pool", "Value": "y"}, {**on, "Key": "bound-to", "Value": "cr-1"}])
    groups.delete_tags(Tags=[{**on, "Key": "team"}])
    assert {tag["Key"]: tag["Value"] for tag in stage.described()["Tags"]} == {"pool": "y", "bound-to": "cr-1"}
    found = groups.describe_tags(Filters=[{"Name": "key", "Values": ["pool"]}])["Tags"]
    assert [tag["Value"] for tag in found] == ["y"]
    code = refusal(groups.create_or_update_tags, Tags=[{**on, "ResourceId": "none", "Key": "a", "Value": "b"}])
    assert code == "ValidationError"


def test_a_warm_pool_is_shown_until_it_is_deleted(stage: Stage, template: str) -> None:
    stage.group(template)
    groups = stage.client("autoscaling")
    groups.put_warm_pool(AutoScalingGroupName="train", MinSize=1)
    assert stage.described()["WarmPoolConfiguration"] == {"MinSize": 1, "PoolState": "Stopped"}
    shown = groups.describe_warm_pool(AutoScalingGroupName="train")
    assert shown["WarmPoolConfiguration"] == {"MinSize": 1, "PoolState": "Stopped"}
    groups.delete_warm_pool(AutoScalingGroupName="train")
    assert "WarmPoolConfiguration" not in stage.described()
    assert refusal(groups.delete_warm_pool, AutoScalingGroupName="train") == "ValidationError"


def test_a_lifecycle_hook_is_kept_changed_and_deleted(stage: Stage, template: str) -> None:
    stage.group(template)
    groups = stage.client("autoscaling")
    named = {"AutoScalingGroupName": "train", "LifecycleHookName": "drain"}
    groups.put_lifecycle_hook(
        **named, LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING", DefaultResult="CONTINUE"
    )
    groups.put_lifecycle_hook(**named, HeartbeatTimeout=600)
    [hook] = groups.describe_lifecycle_hooks(AutoScalingGroupName="train")["LifecycleHooks"]
    assert hook == {
        **named,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "DefaultResult": "CONTINUE",
        "HeartbeatTimeout": 600,
        "GlobalTimeout": 60000,
    }
    groups.delete_lifecycle_hook(**named)
    assert groups.describe_lifecycle_hooks(AutoScalingGroupName="train")["LifecycleHooks"] == []
    assert refusal(groups.delete_lifecycle_hook, **named) == "ValidationError"


def test_a_group_with_instances_is_deleted_only_by_force(stage: Stage) -> None:
    stage.running(2)
    groups = stage.client("autoscaling")
    groups.set_instance_protection(
        AutoScalingGroupName="train", InstanceIds=stage.instances()[:1], ProtectedFromScaleIn=True
    )
    assert refusal(groups.delete_auto_scaling_group, AutoScalingGroupName="train") == "ResourceInUse"
    groups.delete_auto_scaling_group(AutoScalingGroupName="train", ForceDelete=True)
    assert stage.described()["Status"] == "Delete in progress"
    stage.run(minutes=2)
    assert (_names(stage), set(stage.states())) == ([], {"terminated"})
    stage.until(START + timedelta(days=2))
    assert _names(stage) == []


def test_an_empty_group_is_deleted_at_once_with_its_scheduled_actions(stage: Stage, template: str) -> None:
    stage.group(template)
    groups = stage.client("autoscaling")
    groups.put_scheduled_update_group_action(
        AutoScalingGroupName="train", ScheduledActionName="up", StartTime=START, DesiredCapacity=1
    )
    groups.delete_auto_scaling_group(AutoScalingGroupName="train")
    assert _names(stage) == []
    assert groups.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []
    stage.until(START + timedelta(minutes=5))
    assert stage.states() == []


def test_activities_come_in_pages_the_newest_first_and_go_with_their_group(stage: Stage) -> None:
    stage.running(3)
    groups = stage.client("autoscaling")
    pages = groups.get_paginator("describe_scaling_activities").paginate(
        AutoScalingGroupName="train", PaginationConfig={"PageSize": 2}
    )
    found = [one["ActivityId"] for page in pages for one in page["Activities"]]
    assert found == [one["ActivityId"] for one in stage.activities()]
    assert len(found) == 3
    one = groups.describe_scaling_activities(ActivityIds=found[:1])["Activities"]
    assert [each["ActivityId"] for each in one] == found[:1]
    assert groups.describe_scaling_activities(AutoScalingGroupName="other")["Activities"] == []
    groups.delete_auto_scaling_group(AutoScalingGroupName="train", ForceDelete=True)
    stage.run(minutes=2)
    assert stage.activities() == []
    kept = groups.describe_scaling_activities(AutoScalingGroupName="train", IncludeDeletedGroups=True)["Activities"]
    assert len(kept) == 6
