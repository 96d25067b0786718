"""The fake node groups and EKS's keep the same promises, as far as moto knows EKS (no tags, no updates)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from capacity_blocks.adapters.eks import EksNodeGroups
from capacity_blocks.core import tag
from capacity_blocks.core.group import NodeGroup
from capacity_blocks.core.target import TargetId, TemplateVersion
from capacity_blocks.ports import AwsError, NodeGroupDescription, NodeGroups, NodeGroupStatus
from tests import aws
from tests.factories import ACCOUNT, REGION
from tests.fakes import FakeNodeGroups

TARGET = TargetId(region=REGION, name="gpu", cluster="ml")
GONE = TargetId(region=REGION, name="gone", cluster="ml")
TAGS = {tag.POOL: "training"}
DESCRIPTION = NodeGroupDescription(
    status=NodeGroupStatus.ACTIVE,
    capacity_type="CAPACITY_BLOCK",
    template=TemplateVersion(template_id="lt-0a", version="3"),
    subnets=("subnet-a",),
    maximum=8,
)


@dataclass(frozen=True, kw_only=True)
class Harness:
    """A port with the node group of `TARGET`, and what tells its sizes."""

    node_groups: NodeGroups
    sizes: Callable[[], tuple[int, int, int]]


@pytest.fixture(params=["fake", "eks"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    if request.param == "fake":
        fake = FakeNodeGroups()
        fake.add(NodeGroup(name="gpu", cluster="ml", arn="arn:gpu", tags=TAGS), DESCRIPTION)
        yield Harness(node_groups=fake, sizes=lambda: fake.sizes["ml", "gpu"])
        return
    with aws.moto():
        yield moto_harness()


def moto_harness() -> Harness:
    client = aws.client("eks")
    client.create_cluster(
        name="ml",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-a"]},
    )
    client.create_nodegroup(
        clusterName="ml",
        nodegroupName="gpu",
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/node",
        subnets=["subnet-a"],
        capacityType="CAPACITY_BLOCK",
        launchTemplate={"id": "lt-0a", "version": "3"},
        scalingConfig={"minSize": 0, "maxSize": 8, "desiredSize": 0},
        tags=TAGS,
    )

    def sizes() -> tuple[int, int, int]:
        now = client.describe_nodegroup(clusterName="ml", nodegroupName="gpu")["nodegroup"]["scalingConfig"]
        return now["minSize"], now["maxSize"], now["desiredSize"]

    return Harness(
        node_groups=EksNodeGroups(client, aws.client("resourcegroupstaggingapi")),
        sizes=sizes,
    )


def test_a_node_group_is_described(harness: Harness) -> None:
    assert harness.node_groups.describe(TARGET) == DESCRIPTION


def test_describing_one_that_is_gone_is_refused(harness: Harness) -> None:
    with pytest.raises(AwsError) as raised:
        harness.node_groups.describe(GONE)

    assert (raised.value.code, raised.value.definite) == ("ResourceNotFoundException", True)


def test_a_node_group_is_scaled_to_what_is_said(harness: Harness) -> None:
    harness.node_groups.scale(TARGET, minimum=0, maximum=4, desired=4)

    assert harness.sizes() == (0, 4, 4)
    assert harness.node_groups.describe(TARGET).maximum == 4
