"""RunInstances, TerminateInstances and filters of DescribeInstances: moto's own know nothing of Capacity Blocks."""

from collections.abc import Mapping
from typing import Any

from moto.ec2.exceptions import DryRunClientError, EC2ClientError, InvalidInstanceIdError
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response
from moto.ec2.utils import convert_tag_spec, filter_dict_attribute_mapping

from simulator.capacity_blocks.error import CapacityBlockError
from simulator.plug import plug

from .instances import USER_INITIATED, Instances
from .request import LaunchRequest, market

ATTRIBUTE = "simulated_instances"


def install() -> None:
    """Let attached EC2 backends launch into reservations and shut down in time. Harmless when done again."""
    Instance.capacity_reservation_id = None
    filter_dict_attribute_mapping.update(
        {"capacity-reservation-id": "capacity_reservation_id", "instance-lifecycle": "lifecycle"}
    )
    plug(EC2Response, _attached, {"run_instances": _run_instances, "terminate_instances": _terminate_instances})


def attach(instances: Instances) -> None:
    setattr(instances.backend, ATTRIBUTE, instances)


def _attached(response: Any) -> Instances | None:
    return getattr(response.ec2_backend, ATTRIBUTE, None)


def _run_instances(instances: Instances, params: Mapping[str, Any]) -> Mapping[str, object]:
    """Run at least MinCount instances or none: what was launched before a refusal is taken back."""
    _refuse_dry_run(params)
    request = _request(instances, params)
    launched: list[Any] = []
    for _ in range(int(params["MaxCount"])):
        try:
            launched.append(instances.launch(request))
        except CapacityBlockError as refusal:
            if len(launched) >= int(params["MinCount"]):
                break
            for instance in launched:
                instances.terminate(instance.id, "the launch of the rest was refused")
            raise EC2ClientError(refusal.code, refusal.message) from refusal
    owner = instances.backend.account_id
    return {"ReservationId": f"r-{launched[0].id[2:]}", "OwnerId": owner, "Groups": [], "Instances": launched}


def _request(instances: Instances, params: Mapping[str, Any]) -> LaunchRequest:
    """What the request says, on top of what its launch template says."""
    data: dict[str, Any] = {}
    tags: dict[str, str] = {}
    if template := params.get("LaunchTemplate"):
        version = instances.backend._get_template_from_args(template)
        data.update(version.data)
        tags.update(version.instance_tags)
    data.update({name: value for name, value in params.items() if value is not None and name != "TagSpecifications"})
    tags.update(convert_tag_spec(params.get("TagSpecifications", [])).get("instance", {}))
    wanted = market(data)
    subnet_id, zone = _place(instances, data)
    return LaunchRequest(
        image_id=data.get("ImageId", ""),
        instance_type=data.get("InstanceType", "m1.small"),
        subnet_id=subnet_id,
        availability_zone=zone,
        market_type=wanted.market_type,
        reservation_id=wanted.reservation_id,
        resource_group_arn=wanted.resource_group_arn,
        placement_group=data.get("Placement", {}).get("GroupName") or None,
        tags=tags,
    )


def _place(instances: Instances, data: Mapping[str, Any]) -> tuple[str | None, str]:
    interfaces = data.get("NetworkInterfaces", [])
    subnet_id = data.get("SubnetId") or next((one["SubnetId"] for one in interfaces if "SubnetId" in one), None)
    if subnet_id is not None:
        return subnet_id, instances.backend.get_subnet(subnet_id).availability_zone
    return None, data.get("Placement", {}).get("AvailabilityZone") or f"{instances.backend.region_name}a"


def _terminate_instances(instances: Instances, params: Mapping[str, Any]) -> Mapping[str, object]:
    _refuse_dry_run(params)
    known = {instance.id: instance for instance in instances.backend.all_instances()}
    wanted = list(params["InstanceIds"])
    if unknown := [instance_id for instance_id in wanted if instance_id not in known]:
        raise InvalidInstanceIdError(unknown)
    before = {instance_id: _state(known[instance_id]) for instance_id in wanted}
    for instance_id in wanted:
        if instances.knows(instance_id):
            instances.terminate(instance_id, USER_INITIATED)
        else:
            known[instance_id].terminate()
    return {
        "TerminatingInstances": [
            {"InstanceId": one, "PreviousState": before[one], "CurrentState": _state(known[one])} for one in wanted
        ]
    }


def _state(instance: Any) -> dict[str, object]:
    return {"Name": instance.state, "Code": instance.state_code}


def _refuse_dry_run(params: Mapping[str, Any]) -> None:
    if params.get("DryRun"):
        raise DryRunClientError
