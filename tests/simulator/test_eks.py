"""EKS managed node groups on blocks: how they are made, updated and shown, and EKS's own scale-down."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from simulator.assumptions import minutes
from simulator.auto_scaling.journal import (
    CapacityChanged,
    LifecycleActionBegan,
    LifecycleActionEnded,
    NodeGroupUpdated,
)
from simulator.eks.scale_down import NAME
from simulator.eks.termination import HOOK
from tests.simulator.groups_stage import END, NOW, START, Stage, refusal, staged

ROLE = "arn:aws:iam::123456789012:role/nodes"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        _cluster(ready)
        yield ready


def _cluster(stage: Stage) -> None:
    vpc = {"subnetIds": [stage.subnet()]}
    stage.client("eks").create_cluster(name="ml", roleArn=ROLE, resourcesVpcConfig=vpc)


def _request(stage: Stage, template: str, **changes: Any) -> dict[str, Any]:
    usual = {
        "clusterName": "ml",
        "nodegroupName": "gpu",
        "capacityType": "CAPACITY_BLOCK",
        "nodeRole": ROLE,
        "subnets": [stage.subnet()],
        "launchTemplate": {"id": template, "version": "1"},
        "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 0},
    }
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}


def _made(stage: Stage, template: str, **changes: Any) -> dict[str, Any]:
    """A node group that EKS has finished making."""
    stage.client("eks").create_nodegroup(**_request(stage, template, **changes))
    stage.run(seconds=90)
    return _shown(stage)


def _on_a_block(stage: Stage, **changes: Any) -> str:
    """A node group on a block; its launch template."""
    template = stage.template(stage.block())
    _made(stage, template, **changes)
    return template


def _shown(stage: Stage) -> dict[str, Any]:
    answer = stage.client("eks").describe_nodegroup(clusterName="ml", nodegroupName="gpu")
    found: dict[str, Any] = answer["nodegroup"]
    return found


def _group(stage: Stage) -> str:
    return str(_shown(stage)["resources"]["autoScalingGroups"][0]["name"])


def _scale(stage: Stage, **changes: Any) -> dict[str, Any]:
    sizes = changes.pop("sizes", {"minSize": 0, "desiredSize": 2})
    answer = stage.client("eks").update_nodegroup_config(
        clusterName="ml", nodegroupName="gpu", scalingConfig=sizes, **changes
    )
    update: dict[str, Any] = answer["update"]
    return update


def _move(stage: Stage, template: str, version: str = "2", **changes: Any) -> dict[str, Any]:
    answer = stage.client("eks").update_nodegroup_version(
        clusterName="ml", nodegroupName="gpu", launchTemplate={"id": template, "version": version}, **changes
    )
    update: dict[str, Any] = answer["update"]
    return update


def _status(stage: Stage, update: dict[str, Any]) -> dict[str, Any]:
    answer = stage.client("eks").describe_update(name="ml", nodegroupName="gpu", updateId=update["id"])
    found: dict[str, Any] = answer["update"]
    return found


def _second_version(stage: Stage, template: str, **changes: Any) -> str:
    """A version of the template for a second block, which ends two days later; its reservation."""
    block = stage.block(2, EndDate=END + timedelta(days=2), **changes)
    target = {"CapacityReservationTarget": {"CapacityReservationId": block}}
    stage.client("ec2").create_launch_template_version(
        LaunchTemplateId=template,
        SourceVersion="1",
        LaunchTemplateData={"CapacityReservationSpecification": target},
    )
    return block


def _scale_down_at(stage: Stage) -> Any:
    answer = stage.client("autoscaling").describe_scheduled_actions(AutoScalingGroupName=_group(stage))
    return [(one["ScheduledActionName"], one["StartTime"]) for one in answer["ScheduledUpdateGroupActions"]]


def test_a_node_group_is_made_with_an_auto_scaling_group_that_says_whose_it_is(stage: Stage) -> None:
    template = stage.template(stage.block())
    made = stage.client("eks").create_nodegroup(**_request(stage, template, tags={"pool": "training"}))["nodegroup"]
    assert made["status"] == "CREATING"
    stage.run(seconds=90)
    shown = _shown(stage)
    group = _group(stage)
    assert group.startswith("eks-gpu-")
    assert (shown["status"], shown["capacityType"], shown["health"]) == ("ACTIVE", "CAPACITY_BLOCK", {"issues": []})
    assert shown["scalingConfig"] == {"minSize": 0, "maxSize": 4, "desiredSize": 0}
    assert shown["launchTemplate"] == {"id": template, "name": "training", "version": "1"}
    assert (shown["tags"], shown["subnets"]) == ({"pool": "training"}, [stage.subnet()])
    described = stage.described(group)
    tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
    assert (tags["eks:cluster-name"], tags["eks:nodegroup-name"]) == ("ml", "gpu")
    assert "pool" not in tags
    assert described["LaunchTemplate"]["LaunchTemplateId"] != template
    assert described["LaunchTemplate"]["LaunchTemplateName"].startswith("eks-")


@pytest.mark.parametrize(
    "changes",
    [
        {"InstanceMarketOptions": None},
        {"CapacityReservationSpecification": None},
        {"InstanceType": None},
    ],
)
def test_a_template_that_cannot_launch_into_a_block_is_refused(stage: Stage, changes: dict[str, Any]) -> None:
    template = stage.template(stage.block(), **changes)
    eks = stage.client("eks")
    assert refusal(eks.create_nodegroup, **_request(stage, template)) == "InvalidParameterException"
    assert eks.list_nodegroups(clusterName="ml")["nodegroups"] == []
    assert stage.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"launchTemplate": None}, "InvalidParameterException"),
        ({"launchTemplate": {"name": "training", "version": "7"}}, "InvalidParameterException"),
        ({"scalingConfig": {"minSize": 2, "maxSize": 4, "desiredSize": 1}}, "InvalidParameterException"),
        ({"scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 5}}, "InvalidParameterException"),
        ({"clusterName": "none"}, "ResourceNotFoundException"),
    ],
)
def test_a_node_group_that_makes_no_sense_is_refused(stage: Stage, changes: dict[str, Any], code: str) -> None:
    template = stage.template(stage.block())
    assert refusal(stage.client("eks").create_nodegroup, **_request(stage, template, **changes)) == code


def test_the_same_token_makes_one_node_group(stage: Stage) -> None:
    request = _request(stage, stage.template(stage.block()), clientRequestToken="made-once")
    eks = stage.client("eks")
    first, again = eks.create_nodegroup(**request), eks.create_nodegroup(**request)
    assert first["nodegroup"]["nodegroupArn"] == again["nodegroup"]["nodegroupArn"]
    code = refusal(eks.create_nodegroup, **{**request, "clientRequestToken": "made-twice"})
    assert code == "ResourceInUseException"


def test_a_node_group_scales_while_its_update_is_in_progress(stage: Stage) -> None:
    _on_a_block(stage)
    stage.until(START + timedelta(minutes=2))
    update = _scale(stage)
    assert (update["status"], update["type"]) == ("InProgress", "ConfigUpdate")
    assert update["params"] == [{"type": "MinSize", "value": "0"}, {"type": "DesiredSize", "value": "2"}]
    stage.run(seconds=89)
    assert (_shown(stage)["status"], _status(stage, update)["status"]) == ("UPDATING", "InProgress")
    assert stage.lifecycles(_group(stage)) == ["InService", "InService"]
    stage.run(seconds=1)
    assert (_shown(stage)["status"], _status(stage, update)["status"]) == ("ACTIVE", "Successful")
    assert _shown(stage)["scalingConfig"] == {"minSize": 0, "maxSize": 4, "desiredSize": 2}
    assert [one.by for one in stage.journal.of(CapacityChanged)] == ["UpdateNodegroupConfig"]
    [fact] = stage.journal.of(NodeGroupUpdated)
    assert (fact.node_group, fact.kind, fact.status) == ("gpu", "ConfigUpdate", "Successful")


def test_one_update_runs_at_a_time(stage: Stage) -> None:
    template = _on_a_block(stage)
    _scale(stage)
    eks = stage.client("eks")
    named = {"clusterName": "ml", "nodegroupName": "gpu"}
    sizes = {"desiredSize": 1}
    assert refusal(eks.update_nodegroup_config, **named, scalingConfig=sizes) == "ResourceInUseException"
    version = {"id": template, "version": "1"}
    assert refusal(eks.update_nodegroup_version, **named, launchTemplate=version) == "ResourceInUseException"
    stage.run(seconds=90)
    assert _scale(stage, sizes=sizes)["status"] == "InProgress"


def test_a_node_group_that_is_still_made_is_not_updated(stage: Stage) -> None:
    stage.client("eks").create_nodegroup(**_request(stage, stage.template(stage.block())))
    code = refusal(
        stage.client("eks").update_nodegroup_config,
        clusterName="ml",
        nodegroupName="gpu",
        scalingConfig={"desiredSize": 1},
    )
    assert code == "ResourceInUseException"


@pytest.mark.parametrize("sizes", [{"desiredSize": 5}, {"minSize": 3}, {"minSize": 3, "desiredSize": 2}])
def test_sizes_that_make_no_sense_are_refused_and_change_nothing(stage: Stage, sizes: dict[str, int]) -> None:
    _on_a_block(stage)
    code = refusal(
        stage.client("eks").update_nodegroup_config, clusterName="ml", nodegroupName="gpu", scalingConfig=sizes
    )
    assert (code, stage.numbers(_group(stage))) == ("InvalidParameterException", (0, 4, 0))
    assert _shown(stage)["status"] == "ACTIVE"


def test_the_same_token_asks_for_one_update(stage: Stage) -> None:
    _on_a_block(stage)
    first = _scale(stage, clientRequestToken="up-1")
    assert _scale(stage, clientRequestToken="up-1")["id"] == first["id"]
    stage.run(seconds=90)
    assert _scale(stage, clientRequestToken="up-1")["status"] == "Successful"
    code = refusal(
        stage.client("eks").update_nodegroup_config,
        clusterName="ml",
        nodegroupName="gpu",
        scalingConfig={"desiredSize": 1},
        clientRequestToken="up-1",
    )
    assert code == "InvalidParameterException"
    listed = stage.client("eks").list_updates(name="ml", nodegroupName="gpu")["updateIds"]
    assert listed == [first["id"]]


def test_an_update_that_is_not_there_is_not_described(stage: Stage) -> None:
    _on_a_block(stage)
    code = refusal(stage.client("eks").describe_update, name="ml", nodegroupName="gpu", updateId="none")
    assert code == "ResourceNotFoundException"


def test_labels_and_taints_are_changed(stage: Stage) -> None:
    _on_a_block(stage, labels={"a": "1", "b": "2"})
    stage.client("eks").update_nodegroup_config(
        clusterName="ml",
        nodegroupName="gpu",
        labels={"addOrUpdateLabels": {"a": "3"}, "removeLabels": ["b"]},
        taints={"addOrUpdateTaints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]},
    )
    shown = _shown(stage)
    assert shown["labels"] == {"a": "3"}
    assert shown["taints"] == [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]


def test_an_empty_node_group_moves_to_another_version_and_launches_from_it(stage: Stage) -> None:
    template = _on_a_block(stage)
    second = _second_version(stage, template)
    update = _move(stage, template)
    assert (update["type"], update["status"]) == ("VersionUpdate", "InProgress")
    assert _shown(stage)["launchTemplate"]["version"] == "1"
    stage.run(seconds=90)
    assert (_status(stage, update)["status"], _shown(stage)["launchTemplate"]["version"]) == ("Successful", "2")
    assert _shown(stage)["health"] == {"issues": []}
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.run(minutes=1)
    assert len(stage.states(second)) == 2


def test_a_node_group_with_instances_does_not_move_to_another_version(stage: Stage) -> None:
    template = _on_a_block(stage)
    _second_version(stage, template)
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.run(minutes=3)
    update = _move(stage, template)
    stage.run(seconds=90)
    ended = _status(stage, update)
    assert (ended["status"], ended["errors"][0]["errorCode"]) == ("Failed", "NodeCreationFailure")
    assert (_shown(stage)["launchTemplate"]["version"], _shown(stage)["status"]) == ("1", "ACTIVE")


def test_an_update_of_the_kubernetes_version_alone_leaves_the_template(stage: Stage) -> None:
    _on_a_block(stage)
    update = stage.client("eks").update_nodegroup_version(clusterName="ml", nodegroupName="gpu")["update"]
    stage.run(seconds=90)
    assert _status(stage, update)["status"] == "Successful"
    assert (_shown(stage)["launchTemplate"]["version"], _shown(stage)["health"]) == ("1", {"issues": []})


def test_a_node_group_moves_to_no_other_template_and_to_no_unfit_version(stage: Stage) -> None:
    template = _on_a_block(stage)
    other = stage.template(stage.block(2), name="other")
    stage.client("ec2").create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "p5.48xlarge"}
    )
    move = stage.client("eks").update_nodegroup_version
    for wanted in ({"id": other, "version": "1"}, {"id": template, "version": "2"}, {"id": template, "version": "9"}):
        code = refusal(move, clusterName="ml", nodegroupName="gpu", launchTemplate=wanted)
        assert code == "InvalidParameterException"
    assert _shown(stage)["status"] == "ACTIVE"


def test_failed_launches_degrade_a_node_group_until_one_succeeds(stage: Stage) -> None:
    _on_a_block(stage)
    _scale(stage)
    stage.run(minutes=2)
    shown = _shown(stage)
    [issue] = shown["health"]["issues"]
    assert (shown["status"], issue["code"]) == ("DEGRADED", "AsgInstanceLaunchFailures")
    assert issue["message"].endswith("is not active yet. Launching EC2 instance failed.")
    assert issue["resourceIds"] == [_group(stage)]
    _scale(stage, sizes={"desiredSize": 0})
    stage.run(minutes=5)
    assert _shown(stage)["status"] == "DEGRADED"
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.run(minutes=2)
    assert (_shown(stage)["status"], _shown(stage)["health"]) == ("ACTIVE", {"issues": []})


def test_a_template_that_is_changed_behind_ekss_back_is_told(stage: Stage) -> None:
    template = _on_a_block(stage)
    stage.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=_group(stage), LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"}
    )
    [issue] = _shown(stage)["health"]["issues"]
    assert issue["code"] == "Ec2LaunchTemplateVersionMismatch"


def test_a_node_group_shows_what_its_auto_scaling_group_was_set_to(stage: Stage) -> None:
    _on_a_block(stage)
    stage.desire(3, _group(stage))
    assert _shown(stage)["scalingConfig"] == {"minSize": 0, "maxSize": 4, "desiredSize": 3}


def test_eks_scales_down_itself_40_minutes_before_the_end(stage: Stage) -> None:
    _on_a_block(stage)
    assert _scale_down_at(stage) == [(NAME, END - timedelta(minutes=40))]
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.until(END - timedelta(minutes=41))
    assert stage.numbers(_group(stage)) == (0, 4, 2)
    stage.until(END - timedelta(minutes=36))
    assert (stage.numbers(_group(stage)), stage.instances(_group(stage))) == ((0, 4, 0), [])
    assert _scale_down_at(stage) == []
    assert stage.journal.of(CapacityChanged)[-1].by == f"scheduled action {NAME}"


def test_eks_drains_each_node_that_goes_before_it_is_terminated(stage: Stage) -> None:
    _on_a_block(stage)
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.run(seconds=120)
    _scale(stage, sizes={"desiredSize": 0})
    stage.run(seconds=30)
    assert stage.lifecycles(_group(stage)) == ["Terminating:Wait"] * 2
    assert set(stage.states()) == {"running"}
    stage.run(seconds=40)
    began, ended = stage.journal.of(LifecycleActionBegan), stage.journal.of(LifecycleActionEnded)
    assert [(fact.hook, fact.at) for fact in began] == [(HOOK, began[0].at)] * 2
    assert [(fact.result, fact.at - began[0].at) for fact in ended] == [("CONTINUE", timedelta(seconds=60))] * 2


def test_eks_gives_up_on_a_drain_that_takes_too_long() -> None:
    with staged(node_group_drain=minutes(40)) as stage:
        _cluster(stage)
        _on_a_block(stage)
        stage.until(START + timedelta(minutes=2))
        _scale(stage)
        stage.run(seconds=120)
        _scale(stage, sizes={"desiredSize": 0})
        stage.run(minutes=14)
        assert stage.lifecycles(_group(stage)) == ["Terminating:Wait"] * 2
        stage.run(minutes=3)
        [began, _], ended = stage.journal.of(LifecycleActionBegan), stage.journal.of(LifecycleActionEnded)
        assert [fact.at - began.at for fact in ended] == [timedelta(minutes=15)] * 2
        assert stage.instances(_group(stage)) == []


def test_a_node_group_that_is_deleted_waits_for_no_drain(stage: Stage) -> None:
    _on_a_block(stage)
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.run(seconds=120)
    group = _group(stage)
    _scale(stage, sizes={"desiredSize": 0})
    stage.run(seconds=30)
    stage.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    stage.run(minutes=5)
    assert set(stage.states()) == {"terminated"}
    assert stage.journal.of(LifecycleActionEnded) == []


def test_a_node_group_that_is_not_for_blocks_has_no_such_action(stage: Stage) -> None:
    _made(stage, "", capacityType="ON_DEMAND", launchTemplate=None, instanceTypes=["m5.large"])
    assert _scale_down_at(stage) == []


def test_ekss_action_stays_where_it_was_when_the_version_changes(stage: Stage) -> None:
    template = _on_a_block(stage)
    _second_version(stage, template)
    _move(stage, template)
    stage.run(seconds=90)
    assert _scale_down_at(stage) == [(NAME, END - timedelta(minutes=40))]


def test_ekss_action_follows_the_version_where_that_is_assumed() -> None:
    with staged(eks_action_follows_version=True) as stage:
        _cluster(stage)
        template = _on_a_block(stage)
        _second_version(stage, template)
        _move(stage, template)
        stage.run(seconds=90)
        assert _scale_down_at(stage) == [(NAME, END + timedelta(days=2) - timedelta(minutes=40))]


def _extend(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    block = "cr-0123456789abcdef1"
    offerings = ec2.describe_capacity_block_extension_offerings(
        CapacityReservationId=block, CapacityBlockExtensionDurationHours=24
    )
    offering = offerings["CapacityBlockExtensionOfferings"][0]["CapacityBlockExtensionOfferingId"]
    ec2.purchase_capacity_block_extension(CapacityBlockExtensionOfferingId=offering, CapacityReservationId=block)
    stage.run(hours=12)
    [reservation] = ec2.describe_capacity_reservations(CapacityReservationIds=[block])["CapacityReservations"]
    assert reservation["EndDate"] == END + timedelta(days=1)


@pytest.mark.parametrize("follows", [False, True])
def test_ekss_action_follows_an_extension_only_where_that_is_assumed(follows: bool) -> None:
    with staged(eks_action_follows_extension=follows, stock_taken_by_others=0.0) as stage:
        _cluster(stage)
        _on_a_block(stage)
        _extend(stage)
        late = timedelta(days=1) if follows else timedelta()
        assert _scale_down_at(stage) == [(NAME, END + late - timedelta(minutes=40))]
        _scale(stage)
        stage.until(END + timedelta(hours=1))
        assert stage.numbers(_group(stage))[2] == (2 if follows else 0)


def test_a_deleted_node_group_takes_its_instances_and_its_group_with_it(stage: Stage) -> None:
    _on_a_block(stage)
    stage.until(START + timedelta(minutes=2))
    _scale(stage)
    stage.run(minutes=3)
    eks = stage.client("eks")
    assert eks.delete_nodegroup(clusterName="ml", nodegroupName="gpu")["nodegroup"]["status"] == "DELETING"
    stage.run(minutes=5)
    assert eks.list_nodegroups(clusterName="ml")["nodegroups"] == []
    assert set(stage.states()) == {"terminated"}
    assert stage.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    eks.delete_cluster(name="ml")


def test_node_groups_are_listed_in_pages(stage: Stage) -> None:
    template = stage.template(stage.block())
    eks = stage.client("eks")
    for name in ("c", "a", "b"):
        eks.create_nodegroup(**_request(stage, template, nodegroupName=name))
    pages = eks.get_paginator("list_nodegroups").paginate(clusterName="ml", PaginationConfig={"PageSize": 2})
    assert [page["nodegroups"] for page in pages] == [["a", "b"], ["c"]]
    assert refusal(eks.list_nodegroups, clusterName="none") == "ResourceNotFoundException"


def test_a_node_group_and_its_cluster_are_tagged_and_untagged(stage: Stage) -> None:
    _on_a_block(stage)
    eks = stage.client("eks")
    for arn in (_shown(stage)["nodegroupArn"], eks.describe_cluster(name="ml")["cluster"]["arn"]):
        eks.tag_resource(resourceArn=arn, tags={"pool": "training", "bound-to": "cr-1", "note": "x"})
        eks.untag_resource(resourceArn=arn, tagKeys=["bound-to", "note"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"pool": "training"}
    assert _shown(stage)["tags"] == {"pool": "training"}
    unknown = "arn:aws:eks:us-east-2:123456789012:nodegroup/ml/none/0"
    assert refusal(eks.tag_resource, resourceArn=unknown, tags={"a": "b"}) == "ResourceNotFoundException"


def test_node_groups_are_found_by_their_tags(stage: Stage) -> None:
    template = stage.template(stage.block())
    eks, tagging = stage.client("eks"), stage.client("resourcegroupstaggingapi")
    for number in range(3):
        tags = {"capacity-blocks:pool": f"pool-{number % 2}"}
        eks.create_nodegroup(**_request(stage, template, nodegroupName=f"gpu-{number}", tags=tags))
    eks.create_nodegroup(**_request(stage, template, nodegroupName="plain"))

    def found(**parameters: Any) -> list[str]:
        pages = tagging.get_paginator("get_resources").paginate(
            ResourceTypeFilters=["eks:nodegroup"], ResourcesPerPage=1, **parameters
        )
        arns = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
        return [arn.split("/")[2] for arn in arns]

    assert found() == ["gpu-0", "gpu-1", "gpu-2"]
    assert found(TagFilters=[{"Key": "capacity-blocks:pool"}]) == ["gpu-0", "gpu-1", "gpu-2"]
    assert found(TagFilters=[{"Key": "capacity-blocks:pool", "Values": ["pool-0"]}]) == ["gpu-0", "gpu-2"]
    assert found(TagFilters=[{"Key": "other"}]) == []
    others = tagging.get_resources(ResourceTypeFilters=["ec2:instance"])["ResourceTagMappingList"]
    assert others == []


def test_a_cluster_that_has_node_groups_is_not_deleted(stage: Stage) -> None:
    _on_a_block(stage)
    assert stage.clock.now() == NOW + timedelta(seconds=90)
    assert refusal(stage.client("eks").delete_cluster, name="ml") == "ResourceInUseException"
