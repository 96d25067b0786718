"""How an instance is drained, read from its group's tags."""

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.drain.method import Document, Ecs, Kubernetes, Method, NoDrain, Unclear, method
from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP
from tests.factories import REGION

OWNED, TOO = {"kubernetes.io/cluster/ml": "owned"}, {"kubernetes.io/cluster/web": "shared"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, NoDrain()),
        ({tag.DRAIN: "none"}, NoDrain()),
        ({tag.DRAIN: "eks"} | OWNED, Kubernetes(cluster="ml")),
        ({tag.DRAIN: "ecs"}, Ecs(cluster=None)),
        ({tag.DRAIN: "ecs", "capacity-blocks:ecs-cluster": "gpu"}, Ecs(cluster="gpu")),
        ({tag.DRAIN: "ssm:SaveCheckpoint"}, Document(name="SaveCheckpoint")),
        # What EKS manages runs in EKS, and its own tag is sure where others may be many.
        ({EKS_NODE_GROUP: "gpu", EKS_CLUSTER: "ml"} | OWNED | TOO, Kubernetes(cluster="ml")),
        (
            {tag.DRAIN: "EKS"},
            Unclear(reason="tag capacity-blocks:drain of train is 'EKS'; allowed: eks, ecs, none or ssm:<document>"),
        ),
        (
            {tag.DRAIN: "eks"},
            Unclear(reason="no tag kubernetes.io/cluster/<name> of train says which cluster its nodes are in"),
        ),
        (
            {tag.DRAIN: "eks"} | OWNED | TOO,
            Unclear(reason="tags kubernetes.io/cluster/<name> of train name ml and web: keep one"),
        ),
    ],
)
def test_tags_say_how(tags: dict[str, str], expected: Method) -> None:
    assert method(Member(instance_id="i-0a", region=REGION, group="train", tags=tags)) == expected


@pytest.mark.parametrize(
    ("state", "leaving", "waiting"),
    [
        ("InService", False, False),
        ("Terminating", True, False),
        ("Terminating:Wait", True, True),
        ("Terminating:Proceed", False, False),
        ("Terminating:Retained", False, False),
        ("Terminated", False, False),
        ("Standby", False, False),
    ],
)
def test_an_instance_is_drained_from_its_termination_until_it_proceeds(
    state: str, leaving: bool, waiting: bool
) -> None:
    member = Member(instance_id="i-0a", region=REGION, group="train", lifecycle_state=state)

    assert (member.is_leaving, member.is_waiting) == (leaving, waiting)
