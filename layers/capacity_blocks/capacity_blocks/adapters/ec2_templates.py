"""Launch templates: what a version asks for, and versions that ask for a block."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, raises_aws_error
from capacity_blocks.core.target import LaunchTemplate, TemplateVersion
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import (
        LaunchTemplateCapacityReservationSpecificationRequestTypeDef,
        LaunchTemplateVersionTypeDef,
        RequestLaunchTemplateDataTypeDef,
        ResponseLaunchTemplateDataTypeDef,
    )

CAPACITY_BLOCK: Final = "capacity-block"  # MarketType
CHANGED = frozenset({"InstanceMarketOptions", "CapacityReservationSpecification"})
PAGE_SIZE = 200  # the most that DescribeLaunchTemplateVersions allows
NO_IMAGE = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"})
NO_TEMPLATE = frozenset({"InvalidLaunchTemplateId.NotFound"})
NO_VERSION = frozenset({"launchTemplateIdDoesNotExist", "launchTemplateVersionDoesNotExist"})
# An image's PlatformDetails and a reservation's InstancePlatform differ in the word for this one ("Understand AMI
# billing information" against CapacityReservationInstancePlatform).
PLATFORMS = {"Red Hat Enterprise Linux with HA": "RHEL with HA"}


class Ec2LaunchTemplates:
    PERMISSIONS = frozenset(
        {
            "ec2:CreateLaunchTemplateVersion",
            "ec2:DeleteLaunchTemplateVersions",
            "ec2:DescribeImages",
            "ec2:DescribeLaunchTemplateVersions",
        }
    )
    # "Actions, resources, and condition keys for Amazon EC2": for a template whose image is an SSM parameter.
    DEPENDENT_PERMISSIONS = frozenset({"ssm:GetParameters"})

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    @raises_aws_error
    def read(self, version: TemplateVersion) -> LaunchTemplate:
        found = self._describe(version)
        data = found["LaunchTemplateData"]
        placement = data.get("Placement", {})
        return LaunchTemplate(
            template_id=found["LaunchTemplateId"],
            version=str(found["VersionNumber"]),
            instance_type=data.get("InstanceType"),
            market_type=data.get("InstanceMarketOptions", {}).get("MarketType"),
            reservation_id=_reservation_id(data),
            placement_group=placement.get("GroupName") or placement.get("GroupId"),
            tenancy=placement.get("Tenancy"),
            platform=self._platform(data.get("ImageId", "")),
        )

    @raises_aws_error
    def version_for(self, source: TemplateVersion, reservation_id: str, token: str) -> TemplateVersion:
        """Return the version that `token` marks, made now or before: no two targets share one that one may delete.

        It is not EC2's client token, under which EC2 would answer with a version that was deleted since: botocore
        makes one for each call, for its own retries.
        """
        origin = self._describe(source)
        mark = f"capacity-blocks: {reservation_id} ({token})"
        for version in self._versions_from(origin):
            like = _is_for_block(version["LaunchTemplateData"], origin["LaunchTemplateData"], reservation_id)
            if like and version.get("VersionDescription") == mark:
                return _name(version)
        created = self._client.create_launch_template_version(
            LaunchTemplateId=origin["LaunchTemplateId"],
            SourceVersion=str(origin["VersionNumber"]),
            VersionDescription=mark,
            LaunchTemplateData=_for_block(origin["LaunchTemplateData"], reservation_id),
        )
        return _name(created["LaunchTemplateVersion"])

    @raises_aws_error
    def delete(self, version: TemplateVersion) -> None:
        try:
            answer = self._client.delete_launch_template_versions(
                LaunchTemplateId=version.template_id, Versions=[version.version]
            )
        except ClientError as error:
            if code(error) in NO_TEMPLATE:
                return
            raise
        for failed in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", []):
            reason = failed["ResponseError"]
            if reason["Code"] not in NO_VERSION:
                raise AwsError("DeleteLaunchTemplateVersions", reason["Code"], reason.get("Message", ""), definite=True)

    def _describe(self, version: TemplateVersion) -> "LaunchTemplateVersionTypeDef":
        # Not paginated: one version is asked for, and EC2 answers with that one or with an error.
        [found] = self._client.describe_launch_template_versions(
            LaunchTemplateId=version.template_id, Versions=[version.version]
        )["LaunchTemplateVersions"]
        return found

    def _versions_from(self, origin: "LaunchTemplateVersionTypeDef") -> Iterator["LaunchTemplateVersionTypeDef"]:
        """Yield the versions from `origin` on: what was made from it is younger than it."""
        pages = self._client.get_paginator("describe_launch_template_versions").paginate(
            LaunchTemplateId=origin["LaunchTemplateId"],
            MinVersion=str(origin["VersionNumber"]),
            PaginationConfig={"PageSize": PAGE_SIZE},
        )
        for page in pages:
            yield from page["LaunchTemplateVersions"]

    def _platform(self, image_id: str) -> str | None:
        if not image_id.startswith("ami-"):  # none, or "resolve:ssm:…", which EC2 resolves at each launch
            return None
        try:
            # Not paginated: one image is asked for.
            images = self._client.describe_images(ImageIds=[image_id], IncludeDeprecated=True)["Images"]
        except ClientError as error:
            if code(error) in NO_IMAGE:
                return None
            raise
        details = next((image.get("PlatformDetails") for image in images), None)
        return PLATFORMS.get(details, details) if details is not None else None


def _for_block(data: "ResponseLaunchTemplateDataTypeDef", reservation_id: str) -> "RequestLaunchTemplateDataTypeDef":
    """Return what overrides the source version. All else is inherited from it."""
    target: LaunchTemplateCapacityReservationSpecificationRequestTypeDef = {
        "CapacityReservationTarget": {"CapacityReservationId": reservation_id}
    }
    if "CapacityReservationPreference" in data.get("CapacityReservationSpecification", {}):
        # Whether EC2 merges this structure or replaces it is not written down. Beside a target it allows this one
        # preference only (CapacityReservationSpecification), so that naming it is right both ways.
        target["CapacityReservationPreference"] = "capacity-reservations-only"
    changes: RequestLaunchTemplateDataTypeDef = {
        "InstanceMarketOptions": {"MarketType": CAPACITY_BLOCK},
        "CapacityReservationSpecification": target,
    }
    mappings = data.get("BlockDeviceMappings", [])
    if any("SnapshotId" in mapping.get("Ebs", {}) for mapping in mappings):
        # CreateLaunchTemplateVersionRequest$SourceVersion: snapshots are not inherited unless given again.
        changes["BlockDeviceMappings"] = mappings
    return changes


def _is_for_block(
    data: "ResponseLaunchTemplateDataTypeDef", origin: "ResponseLaunchTemplateDataTypeDef", reservation_id: str
) -> bool:
    inherited = {k: v for k, v in data.items() if k not in CHANGED}
    return (
        inherited == {k: v for k, v in origin.items() if k not in CHANGED}
        and data.get("InstanceMarketOptions", {}).get("MarketType") == CAPACITY_BLOCK
        and _reservation_id(data) == reservation_id
    )


def _reservation_id(data: "ResponseLaunchTemplateDataTypeDef") -> str | None:
    target = data.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    return target.get("CapacityReservationId")


def _name(version: "LaunchTemplateVersionTypeDef") -> TemplateVersion:
    return TemplateVersion(template_id=version["LaunchTemplateId"], version=str(version["VersionNumber"]))
