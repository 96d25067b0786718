"""The tags of an EKS managed node group, for functions that are told of its instances one by one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_eks.client import EKSClient


class EksNodeGroup:
    PERMISSIONS = frozenset({"eks:DescribeNodegroup"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EKSClient") -> None:
        self._client = client

    @raises_aws_error
    def tags(self, cluster: str, name: str) -> Mapping[str, str]:
        return self._client.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"].get("tags", {})
