"""EKS managed node groups, found by tag with the Resource Groups Tagging API."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.core.group import NodeGroup
from capacity_blocks.core.target import TargetId, TemplateVersion
from capacity_blocks.ports import NodeGroupDescription, NodeGroupStatus, UpdateStatus

if TYPE_CHECKING:
    from types_boto3_eks.client import EKSClient
    from types_boto3_eks.type_defs import NodegroupTypeDef, UpdateNodegroupVersionRequestTypeDef
    from types_boto3_resourcegroupstaggingapi.client import ResourceGroupsTaggingAPIClient

PAGE_SIZE = 100  # the most that GetResources allows
CUSTOM_IMAGE = "CUSTOM"  # AMITypes


class EksNodeGroups:
    PERMISSIONS = frozenset(
        {
            "eks:DescribeNodegroup",
            "eks:DescribeUpdate",
            "eks:TagResource",
            "eks:UntagResource",
            "eks:UpdateNodegroupConfig",
            "eks:UpdateNodegroupVersion",
            "tag:GetResources",
        }
    )
    # EKS checks for whoever names a launch template that they may read it and launch from it ("You are not authorized
    # to describe the launch template version", "… to launch instances with this launch template").
    DEPENDENT_PERMISSIONS = frozenset(
        {"ec2:CreateTags", "ec2:DescribeLaunchTemplateVersions", "ec2:RunInstances", "iam:PassRole"}
    )
    READS = frozenset({"tagged"})  # what a purchase calls to see what there is, and what that takes
    READ_PERMISSIONS = frozenset({"tag:GetResources"})

    def __init__(self, client: "EKSClient", tagging: "ResourceGroupsTaggingAPIClient") -> None:
        self._client = client
        self._tagging = tagging
        self._arns: dict[tuple[str, str], str] = {}  # an ARN ends in an id, so that it cannot be made from the names

    @raises_aws_error
    def tagged(self, tag_key: str) -> Sequence[NodeGroup]:
        pages = self._tagging.get_paginator("get_resources").paginate(
            ResourceTypeFilters=["eks:nodegroup"],
            TagFilters=[{"Key": tag_key}],
            PaginationConfig={"PageSize": PAGE_SIZE},
        )
        found = [
            _node_group(item["ResourceARN"], {tag["Key"]: tag["Value"] for tag in item["Tags"]})
            for page in pages
            for item in page["ResourceTagMappingList"]
        ]
        self._arns |= {(each.cluster, each.name): each.arn for each in found}
        return found

    @raises_aws_error
    def describe(self, target: TargetId) -> NodeGroupDescription:
        found = self._describe(target)
        template = found.get("launchTemplate")
        return NodeGroupDescription(
            status=NodeGroupStatus(found["status"]),
            capacity_type=found.get("capacityType", "ON_DEMAND"),
            template=None
            if template is None
            else TemplateVersion(template_id=template["id"], version=template["version"]),
            subnets=tuple(found["subnets"]),
            maximum=found["scalingConfig"]["maxSize"],
        )

    @raises_aws_error
    def scale(self, target: TargetId, *, minimum: int, maximum: int, desired: int) -> None:
        self._client.update_nodegroup_config(
            clusterName=target.cluster,
            nodegroupName=target.name,
            scalingConfig={"minSize": minimum, "maxSize": maximum, "desiredSize": desired},
        )

    @raises_aws_error
    def update_version(self, target: TargetId, template: TemplateVersion, token: str) -> str:
        update: UpdateNodegroupVersionRequestTypeDef = {
            "clusterName": target.cluster,
            "nodegroupName": target.name,
            "launchTemplate": {"id": template.template_id, "version": template.version},
            "clientRequestToken": token,
        }
        now = self._describe(target)
        if now.get("amiType") != CUSTOM_IMAGE:
            # UpdateNodegroupVersionRequest$version: left out, the nodes would move to the cluster's Kubernetes version
            # and the latest image as well; with an image of one's own, EKS refuses both.
            update["version"] = now["version"]
            if "releaseVersion" in now:  # an image named in the template has none
                update["releaseVersion"] = now["releaseVersion"]
        return self._client.update_nodegroup_version(**update)["update"]["id"]

    @raises_aws_error
    def update_status(self, target: TargetId, update_id: str) -> tuple[UpdateStatus, str]:
        update = self._client.describe_update(name=target.cluster, nodegroupName=target.name, updateId=update_id)[
            "update"
        ]
        words = [f"{error['errorCode']}: {error['errorMessage']}" for error in update.get("errors", [])]
        return UpdateStatus(update["status"]), "; ".join(words)

    @raises_aws_error
    def set_tag(self, target: TargetId, key: str, value: str) -> None:
        self._client.tag_resource(resourceArn=self._arn(target), tags={key: value})

    @raises_aws_error
    def remove_tag(self, target: TargetId, key: str) -> None:
        self._client.untag_resource(resourceArn=self._arn(target), tagKeys=[key])

    def _describe(self, target: TargetId) -> "NodegroupTypeDef":
        found = self._client.describe_nodegroup(clusterName=target.cluster, nodegroupName=target.name)["nodegroup"]
        self._arns[target.cluster, target.name] = found["nodegroupArn"]
        return found

    def _arn(self, target: TargetId) -> str:
        known = self._arns.get((target.cluster, target.name))
        return self._describe(target)["nodegroupArn"] if known is None else known


def _node_group(arn: str, tags: dict[str, str]) -> NodeGroup:
    # arn:aws:eks:region:account:nodegroup/cluster/name/id
    _, cluster, name, _ = arn.rsplit(":", 1)[1].split("/")
    return NodeGroup(name=name, cluster=cluster, arn=arn, tags=tags)
