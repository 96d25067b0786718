from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.eks import EksNodeGroups
from capacity_blocks.core import tag
from capacity_blocks.core.group import NodeGroup
from capacity_blocks.core.target import TargetId, TemplateVersion
from capacity_blocks.ports import NodeGroupDescription, NodeGroupStatus, UpdateStatus
from tests import aws
from tests.factories import ACCOUNT, REGION
from tests.unit.adapters.stub import add_pages

TARGET = TargetId(region=REGION, name="gpu", cluster="ml")
NAMES = {"clusterName": "ml", "nodegroupName": "gpu"}
ARN = f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/ml/gpu/26c4d2a1-0000-0000-0000-000000000001"
NODE_GROUP: dict[str, Any] = {
    **NAMES,
    "nodegroupArn": ARN,
    "version": "1.33",
    "releaseVersion": "1.33.5-20260210",
    "amiType": "AL2023_x86_64_NVIDIA",
    "status": "ACTIVE",
    "capacityType": "CAPACITY_BLOCK",
    "scalingConfig": {"minSize": 0, "maxSize": 8, "desiredSize": 0},
    "subnets": ["subnet-a", "subnet-b"],
    "launchTemplate": {"id": "lt-0a", "name": "nodes", "version": "3"},
}
VERSION = TemplateVersion(template_id="lt-0a", version="4")


@dataclass
class Eks:
    """EKS and the tagging API as Stubbers play them, and the adapter on them."""

    stub: Stubber
    tagging: Stubber
    node_groups: EksNodeGroups

    def shows(self, **changes: Any) -> None:
        self.stub.add_response("describe_nodegroup", {"nodegroup": {**NODE_GROUP, **changes}}, NAMES)

    def lists(self, *pages: list[dict[str, Any]]) -> None:
        asked = {
            "ResourceTypeFilters": ["eks:nodegroup"],
            "TagFilters": [{"Key": tag.POOL}],
            "ResourcesPerPage": 100,
        }
        add_pages(
            self.tagging,
            "get_resources",
            "ResourceTagMappingList",
            list(pages),
            asked,
            member_of_next="PaginationToken",
        )

    def shows_update(self, **update: Any) -> None:
        self.stub.add_response(
            "describe_update", {"update": update}, {"name": "ml", "nodegroupName": "gpu", "updateId": "u-1"}
        )

    def updates(self, **expected: Any) -> None:
        asked = {**NAMES, "launchTemplate": {"id": "lt-0a", "version": "4"}, "clientRequestToken": "token", **expected}
        self.stub.add_response("update_nodegroup_version", {"update": {"id": "u-1", "status": "InProgress"}}, asked)


@pytest.fixture
def eks() -> Iterator[Eks]:
    client, tagging = aws.client("eks"), aws.client("resourcegroupstaggingapi")
    with Stubber(client) as stub, Stubber(tagging) as tagging_stub:
        yield Eks(stub, tagging_stub, EksNodeGroups(client, tagging))
        stub.assert_no_pending_responses()
        tagging_stub.assert_no_pending_responses()


def test_node_groups_are_read_from_every_page_by_their_arns(eks: Eks) -> None:
    other = ARN.replace("/ml/gpu/", "/ml-2/cpu/")
    eks.lists(
        [{"ResourceARN": ARN, "Tags": [{"Key": tag.POOL, "Value": "training"}, {"Key": "team", "Value": "ml"}]}],
        [{"ResourceARN": other, "Tags": [{"Key": tag.POOL, "Value": "inference"}]}],
    )

    assert eks.node_groups.tagged(tag.POOL) == [
        NodeGroup(name="gpu", cluster="ml", arn=ARN, tags={tag.POOL: "training", "team": "ml"}),
        NodeGroup(name="cpu", cluster="ml-2", arn=other, tags={tag.POOL: "inference"}),
    ]


def test_a_node_group_is_described(eks: Eks) -> None:
    eks.shows()

    assert eks.node_groups.describe(TARGET) == NodeGroupDescription(
        status=NodeGroupStatus.ACTIVE,
        capacity_type="CAPACITY_BLOCK",
        template=TemplateVersion(template_id="lt-0a", version="3"),
        subnets=("subnet-a", "subnet-b"),
        maximum=8,
    )


def test_a_node_group_whose_template_eks_made_has_none_of_its_own(eks: Eks) -> None:
    eks.stub.add_response(
        "describe_nodegroup", {"nodegroup": {k: v for k, v in NODE_GROUP.items() if k != "launchTemplate"}}, NAMES
    )

    assert eks.node_groups.describe(TARGET).template is None


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("ACTIVE", NodeGroupStatus.ACTIVE),
        ("UPDATING", NodeGroupStatus.UPDATING),
        ("DEGRADED", NodeGroupStatus.DEGRADED),
        ("DELETING", NodeGroupStatus.OTHER),
        ("BRAND_NEW", NodeGroupStatus.OTHER),
    ],
)
def test_a_status_that_decides_nothing_is_another_one(eks: Eks, word: str, status: NodeGroupStatus) -> None:
    eks.shows(status=word)

    assert eks.node_groups.describe(TARGET).status is status


def test_an_update_changes_the_template_version_and_keeps_kubernetes_and_image(eks: Eks) -> None:
    eks.shows()
    eks.updates(version="1.33", releaseVersion="1.33.5-20260210")

    assert eks.node_groups.update_version(TARGET, VERSION, "token") == "u-1"


def test_an_update_of_nodes_with_an_image_of_their_own_names_neither(eks: Eks) -> None:
    eks.shows(amiType="CUSTOM", releaseVersion="ami-0a")
    eks.updates()

    assert eks.node_groups.update_version(TARGET, VERSION, "token") == "u-1"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("InProgress", UpdateStatus.IN_PROGRESS),
        ("Successful", UpdateStatus.SUCCESSFUL),
        ("Cancelled", UpdateStatus.CANCELLED),
        ("BrandNew", UpdateStatus.OTHER),
    ],
)
def test_an_update_has_a_status(eks: Eks, word: str, status: UpdateStatus) -> None:
    eks.shows_update(id="u-1", status=word)

    assert eks.node_groups.update_status(TARGET, "u-1") == (status, "")


def test_an_update_that_failed_says_why(eks: Eks) -> None:
    errors = [
        {"errorCode": "NodeCreationFailure", "errorMessage": "no node joined", "resourceIds": ["i-1"]},
        {"errorCode": "AccessDenied", "errorMessage": "not allowed"},
    ]
    eks.shows_update(id="u-1", status="Failed", errors=errors)

    assert eks.node_groups.update_status(TARGET, "u-1") == (
        UpdateStatus.FAILED,
        "NodeCreationFailure: no node joined; AccessDenied: not allowed",
    )


def test_a_tag_is_set_by_the_arn_that_was_listed(eks: Eks) -> None:
    eks.lists([{"ResourceARN": ARN, "Tags": [{"Key": tag.POOL, "Value": "training"}]}])
    eks.node_groups.tagged(tag.POOL)
    eks.stub.add_response("tag_resource", {}, {"resourceArn": ARN, "tags": {tag.BOUND_TO: "cr-0a"}})

    eks.node_groups.set_tag(TARGET, tag.BOUND_TO, "cr-0a")


def test_an_arn_that_was_not_listed_is_looked_up_once(eks: Eks) -> None:
    eks.shows()
    eks.stub.add_response("tag_resource", {}, {"resourceArn": ARN, "tags": {tag.BOUND_TO: "cr-0a"}})
    eks.stub.add_response("untag_resource", {}, {"resourceArn": ARN, "tagKeys": [tag.BOUND_TO]})

    eks.node_groups.set_tag(TARGET, tag.BOUND_TO, "cr-0a")
    eks.node_groups.remove_tag(TARGET, tag.BOUND_TO)
