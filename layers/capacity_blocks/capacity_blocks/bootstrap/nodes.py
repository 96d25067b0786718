"""What the functions that speak to nodes share."""

from collections.abc import Callable
from functools import cache
from typing import Any

from capacity_blocks.adapters.autoscaling_lifecycle import AutoScalingLifecycle
from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.adapters.ec2_block import Ec2Block
from capacity_blocks.adapters.eks_access import EksAccess
from capacity_blocks.adapters.eks_node_group import EksNodeGroup
from capacity_blocks.adapters.kubernetes_connection import KubernetesConnection
from capacity_blocks.adapters.kubernetes_nodes import KubernetesNodes
from capacity_blocks.adapters.ssm import SsmPoolSettings
from capacity_blocks.bootstrap.client import client
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.finder import Place, PoolPolicies
from capacity_blocks.draining.log import Log
from capacity_blocks.kubernetes_ports import Nodes

ADAPTERS = (DynamoDbLedger, Ec2Block, EksAccess, EksNodeGroup, SsmPoolSettings)


@cache
def dynamodb() -> Any:
    return client("dynamodb")


@cache
def _eks(region: str) -> Any:
    return client("eks", region)


@cache
def connection(region: str, cluster: str) -> KubernetesConnection:
    """Make the connection to a cluster. It outlives an invocation, and opens itself again when its token is too old."""
    return KubernetesConnection(cluster, EksAccess(_eks(region), client("sts", region)).open)


def nodes(region: str) -> Callable[[str], Nodes]:
    return lambda cluster: KubernetesNodes(connection(region, cluster))


@cache
def place(region: str, account: str) -> Place:
    lifecycle = AutoScalingLifecycle(client("autoscaling", region), region)
    return Place(
        name=region,
        members=lifecycle,
        actions=lifecycle,
        blocks=Ec2Block(client("ec2", region), region, account),
        node_groups=EksNodeGroup(_eks(region)),
    )


@cache
def notices(table: str) -> DynamoDbLedger:
    return DynamoDbLedger(dynamodb(), table, "live")  # whoever only observes drains and warns of nothing


@cache
def _pool_settings(path: str) -> SsmPoolSettings:
    return SsmPoolSettings(client("ssm"), path)


def policies(settings: DrainSettings, log: Log) -> PoolPolicies:
    return PoolPolicies(source=_pool_settings(settings.pool_settings_path), default=settings.policy, log=log)
