"""An Auto Scaling group as Auto Scaling describes it, read into the core's words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from capacity_blocks.core.group import EKS_NODE_GROUP, Group
from capacity_blocks.core.target import Instance, Suspension, TemplateVersion

if TYPE_CHECKING:
    from types_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, SuspendedProcessTypeDef

# Auto Scaling's words for a suspension by SuspendProcesses are "User suspended at 2019-09-03T17:29:07Z" (as answers of
# DescribeAutoScalingGroups show). What it says of an administrative suspension is not documented: anything else.
BY_A_PERSON = "User suspended"


def read_group(item: "AutoScalingGroupTypeDef", region: str) -> Group:
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}
    return Group(
        name=item["AutoScalingGroupName"],
        region=region,
        tags=tags,
        minimum=item["MinSize"],
        maximum=item["MaxSize"],
        desired=item["DesiredCapacity"],
        instances=tuple(
            Instance(
                instance_id=instance["InstanceId"],
                lifecycle_state=instance["LifecycleState"],
                protected=instance["ProtectedFromScaleIn"],
            )
            for instance in item.get("Instances", [])
        ),
        launch=_launch_suspension(item.get("SuspendedProcesses", [])),
        subnets=tuple(subnet.strip() for subnet in item.get("VPCZoneIdentifier", "").split(",") if subnet.strip()),
        template=_template(item),
        # The group of a managed node group is EKS's own: nobody could change there what these texts ask for.
        obstacles=() if EKS_NODE_GROUP in tags else tuple(_obstacles(item)),
    )


def _template(item: "AutoScalingGroupTypeDef") -> TemplateVersion | None:
    named = item.get("LaunchTemplate")
    if named is None:
        return None
    # LaunchTemplateSpecification$Version: the default version is used when none is given.
    return TemplateVersion(template_id=named["LaunchTemplateId"], version=named.get("Version", "$Default"))


def _launch_suspension(suspended: "list[SuspendedProcessTypeDef]") -> Suspension:
    reasons = [process.get("SuspensionReason", "") for process in suspended if process["ProcessName"] == "Launch"]
    if not reasons:
        return Suspension.NOBODY
    # Without a reason it may have been a person, whose suspension must stand.
    if reasons[0] and not reasons[0].startswith(BY_A_PERSON):
        return Suspension.AUTO_SCALING
    return Suspension.PERSON


def _obstacles(item: "AutoScalingGroupTypeDef") -> Iterator[str]:
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-template-capacity-blocks.html
    if "MixedInstancesPolicy" in item:
        yield "it has a mixed instances policy: give it a launch template instead"
    if "WarmPoolConfiguration" in item:
        yield "it has a warm pool: delete the warm pool"
    if placement_group := item.get("PlacementGroup"):
        yield f"it has placement group {placement_group}: remove it, blocks allow none"
    specification = item.get("CapacityReservationSpecification", {})
    preference = specification.get("CapacityReservationPreference", "default")
    if preference != "default" or any(specification.get("CapacityReservationTarget", {}).values()):
        yield (
            f"it has a capacity reservation setting of its own (preference {preference}), which overrides the launch "
            "template: set the preference to default, without a target"
        )
