"""Groups as AWS lists them, and the targets that they are to us."""

from datetime import timedelta

from capacity_blocks.core import tag
from capacity_blocks.core.group import EKS_CLUSTER, EKS_NODE_GROUP, NodeGroup, targets
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Suspension, Target, TargetId
from tests.factories import REGION, TEMPLATE, a_group
from tests.unit.shapes import drain_action, instances

BEHIND = a_group("eks-gpu-1", tags={EKS_CLUSTER: "ml", EKS_NODE_GROUP: "gpu"}, desired=2, maximum=4)
NODE_GROUP = NodeGroup(name="gpu", cluster="ml", arn="arn:gpu", tags={tag.POOL: "training", tag.INSTANCES: "4"})


def test_a_group_with_our_tag_is_a_target_with_all_that_the_listing_says() -> None:
    tags = {tag.POOL: "training", tag.BOUND_TO: "cr-0a", tag.INSTANCES: "2", tag.HOOK: "420"}
    group = a_group(
        tags=tags,
        minimum=1,
        desired=2,
        instances=instances(2),
        launch=Suspension.PERSON,
        obstacles=("it has a warm pool",),
    )

    assert targets([group], [], {"train": (drain_action(),), "other": ()}) == (
        Target(
            id=TargetId(region=REGION, name="train"),
            pool="training",
            group="train",
            wishes=wishes(tags),
            bound_to="cr-0a",
            hook=timedelta(minutes=7),
            minimum=1,
            maximum=8,
            desired=2,
            instances=instances(2),
            launch=Suspension.PERSON,
            subnets=("subnet-a",),
            template=TEMPLATE,
            scheduled_actions=(drain_action(),),
            obstacles=("it has a warm pool",),
        ),
    )


def test_a_node_group_is_a_target_with_its_own_tags_and_the_sizes_of_the_group_behind_it() -> None:
    [found] = targets([BEHIND], [NODE_GROUP], {"eks-gpu-1": (drain_action(),)})

    assert found == Target(
        id=TargetId(region=REGION, name="gpu", cluster="ml"),
        pool="training",
        group="eks-gpu-1",
        wishes=wishes({tag.INSTANCES: "4"}),
        maximum=4,
        desired=2,
        subnets=("subnet-a",),
        template=TEMPLATE,
        scheduled_actions=(drain_action(),),
    )


def test_a_group_without_our_tag_is_no_target() -> None:
    assert targets([a_group(tags={}), a_group("b", tags={tag.POOL: ""})], [], {}) == ()


def test_a_node_group_without_our_tag_is_no_target() -> None:
    assert targets([BEHIND], [NodeGroup(name="gpu", cluster="ml", arn="arn:gpu")], {}) == ()


def test_a_node_group_whose_group_is_not_there_yet_is_left_out() -> None:
    elsewhere = a_group("eks-x", tags={EKS_CLUSTER: "other", EKS_NODE_GROUP: "gpu"})

    assert targets([elsewhere], [NODE_GROUP], {}) == ()


def test_the_group_behind_a_node_group_is_eks_own_even_with_our_tag() -> None:
    tagged = a_group("eks-gpu-1", tags={**BEHIND.tags, tag.POOL: "training"})

    assert [t.id.name for t in targets([tagged], [NODE_GROUP], {})] == ["gpu"]


def test_an_empty_bound_to_tag_binds_to_nothing() -> None:
    [found] = targets([a_group(tags={tag.POOL: "training", tag.BOUND_TO: ""})], [], {})

    assert found.bound_to is None
