"""What is asked of EC2 when an instance is launched, read from a launch template, a group's setting or a request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.capacity_blocks.error import CapacityBlockError, bad_combination, missing, wrong_market_type

CAPACITY_BLOCK = "capacity-block"
# Types that EC2 sells as Capacity Blocks ("Capacity Blocks for ML": P4d to P6e and Trn).
_ACCELERATED = re.compile(r"^(u-)?(p[4-9]\w*|trn\d\w*)[.-]")


class LaunchError(CapacityBlockError):
    """EC2 refuses a launch for a reason that lies outside the reservation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """One instance, as RunInstances would be asked for it."""

    image_id: str
    instance_type: str
    subnet_id: str | None
    availability_zone: str
    market_type: str | None = None
    reservation_id: str | None = None
    resource_group_arn: str | None = None
    placement_group: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None

    @property
    def wants_a_slot(self) -> bool:
        return self.market_type == CAPACITY_BLOCK or self.reservation_id is not None


def check(request: LaunchRequest, *, on_demand_accelerators: bool) -> None:
    """Refuse as EC2 does what needs no look at the reservation."""
    if request.resource_group_arn is not None:
        # "Create a Capacity Reservation group": any active block of the group would serve. Not simulated, so refused.
        raise LaunchError("UnsupportedOperation", "the local AWS launches by reservation id, not by resource group")
    if request.market_type == CAPACITY_BLOCK and request.reservation_id is None:
        raise missing("CapacityReservationTarget")
    if request.reservation_id is not None and request.market_type not in {None, CAPACITY_BLOCK}:
        raise wrong_market_type()
    if request.placement_group and request.wants_a_slot:
        # "Launch instances using Capacity Blocks": placement groups are not supported; the wording is assumed.
        raise bad_combination("Placement groups are not supported with Capacity Blocks")
    if not request.wants_a_slot and not on_demand_accelerators and _ACCELERATED.match(request.instance_type):
        raise LaunchError(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {request.instance_type} capacity in the Availability Zone you "
            f"requested ({request.availability_zone}). Our system will be working on provisioning additional capacity.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The part of launch data that says how an instance is paid for and where its capacity comes from."""

    market_type: str | None
    reservation_id: str | None
    resource_group_arn: str | None


def market(data: Mapping[str, Any], group_setting: Mapping[str, Any] | None = None) -> Market:
    """Read launch data. A group's own capacity reservation setting overrides the template's target.

    "Use Capacity Reservations with Auto Scaling": preference `default` leaves it to the template, `none` to nobody.
    """
    market_type = data.get("InstanceMarketOptions", {}).get("MarketType")
    specification = data.get("CapacityReservationSpecification", {})
    target = specification.get("CapacityReservationTarget", {})
    ids = (target.get("CapacityReservationId"),)
    arns = (target.get("CapacityReservationResourceGroupArn"),)
    preference = (group_setting or {}).get("CapacityReservationPreference", "default")
    if group_setting and preference != "default":
        target = {} if preference == "none" else group_setting.get("CapacityReservationTarget", {})
        ids = tuple(target.get("CapacityReservationIds", ())) or (None,)
        arns = tuple(target.get("CapacityReservationResourceGroupArns", ())) or (None,)
    return Market(market_type=market_type, reservation_id=ids[0], resource_group_arn=arns[0])
