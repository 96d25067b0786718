"""Whether a target fits a block, and if not, what to change."""

from collections.abc import Iterator

from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import Details, LaunchTemplate, Subnet, Target, TargetKind

# A new template version changes these to capacity-block; `spot` and the interruptible kind were chosen by somebody.
REPLACEABLE_MARKET_TYPES = frozenset({None, "on-demand", "capacity-block"})


def misfits(reservation: Reservation, target: Target, left: int) -> tuple[str, ...]:
    """Return why `target` cannot serve `reservation`, which has `left` instances left; empty when it can."""
    if target.details is None:
        return ("its launch template and subnets could not be read",)
    return tuple(_misfits(reservation, target, target.details, left))


def subnets_in_zone(reservation: Reservation, details: Details) -> tuple[Subnet, ...]:
    """Return the candidate subnets of the block's zone. Zone names differ between accounts: ids decide if known."""
    if reservation.availability_zone_id is not None:
        return tuple(s for s in details.subnets if s.availability_zone_id == reservation.availability_zone_id)
    return tuple(s for s in details.subnets if s.availability_zone == reservation.availability_zone)


def _misfits(reservation: Reservation, target: Target, details: Details, left: int) -> Iterator[str]:
    yield from (str(mistake) for mistake in target.wishes.mistakes)
    yield from target.obstacles
    yield from details.obstacles
    if target.wishes.instances is not None and target.wishes.instances > left:
        yield f"it wants {target.wishes.instances} instances and the block has {left} left"
    yield from _zone_misfits(reservation, target, details)
    if details.template is None:
        yield "it has no launch template: give it one, with a fixed version"
    else:
        yield from _template_misfits(reservation, details.template)


def _zone_misfits(reservation: Reservation, target: Target, details: Details) -> Iterator[str]:
    zone = f"{reservation.availability_zone} ({reservation.availability_zone_id or 'zone id unknown'})"
    inside = subnets_in_zone(reservation, details)
    if not inside:
        yield f"none of its subnets is in {zone}: add one to the tag capacity-blocks:subnets"
    elif target.id.kind is TargetKind.NODE_GROUP and len(inside) < len(details.subnets):
        yield f"a managed node group on a block may have subnets in {zone} only: create it anew with those"


def _template_misfits(reservation: Reservation, template: LaunchTemplate) -> Iterator[str]:
    if template.instance_type != reservation.instance_type:
        yield (
            f"its launch template asks for {template.instance_type or 'no instance type'}, "
            f"the block holds {reservation.instance_type}: set InstanceType"
        )
    if template.market_type not in REPLACEABLE_MARKET_TYPES:
        yield f"its launch template has market type {template.market_type}: remove InstanceMarketOptions"
    if template.placement_group is not None:
        yield f"its launch template has placement group {template.placement_group}: blocks allow none"
    if (template.tenancy or "default") != reservation.tenancy:
        yield f"its launch template has tenancy {template.tenancy or 'default'}, the block {reservation.tenancy}"
    if template.platform is not None and template.platform != reservation.platform:
        yield f"its image is for {template.platform}, the block for {reservation.platform}: use another image"
