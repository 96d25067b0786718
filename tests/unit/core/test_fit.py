"""Whether a target fits a block, and what to change if not."""

from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.fit import misfits, subnets_in_zone
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.tag import wishes
from capacity_blocks.core.target import Details, Subnet, Target
from tests.factories import SUBNET, a_launch_template, a_node_group, a_reservation, a_target, some_details

ELSEWHERE = Subnet(subnet_id="subnet-b", availability_zone="us-east-2b", availability_zone_id="use2-az2")
# In another account the zone us-east-2a may be what is us-east-2b here.
SAME_NAME = Subnet(subnet_id="subnet-c", availability_zone="us-east-2a", availability_zone_id="use2-az3")


def template(**changes: Any) -> Details:
    return some_details(template=a_launch_template(**changes))


FITS = {
    "a group as it should be": (a_reservation(), a_target(details=some_details())),
    "a node group as it should be": (a_reservation(), a_node_group(details=some_details())),
    "a group with subnets of other zones too": (
        a_reservation(), a_target(details=some_details(subnets=(ELSEWHERE, SUBNET)))
    ),
    "a template bound to a block before": (
        a_reservation(), a_target(details=template(market_type="capacity-block", reservation_id="cr-00"))
    ),
    "a template for on demand": (a_reservation(), a_target(details=template(market_type="on-demand"))),
    "a template whose image cannot be looked up": (a_reservation(), a_target(details=template(platform=None))),
    "a template that says default tenancy": (a_reservation(), a_target(details=template(tenancy="default"))),
    "a block and a template of one tenancy": (
        a_reservation(tenancy="dedicated"), a_target(details=template(tenancy="dedicated"))
    ),
    "a group that wants all that is left": (
        a_reservation(), a_target(wishes=wishes({tag.INSTANCES: "8"}), details=some_details())
    ),
    "a block without a zone id": (a_reservation(availability_zone_id=None), a_target(details=some_details())),
}  # fmt: skip


@pytest.mark.parametrize(("block", "target"), FITS.values(), ids=FITS.keys())
def test_it_fits(block: Reservation, target: Target) -> None:
    assert misfits(block, target, 8) == ()


MISFITS = {
    "one that was not read": (a_target(), "its launch template and subnets could not be read"),
    "wrong tags": (
        a_target(wishes=wishes({tag.INSTANCES: "all"}), details=some_details()),
        "tag capacity-blocks:instances is 'all'; allowed: a whole number from 1 to 64",
    ),
    "an obstacle in the listing": (
        a_target(obstacles=("it has a warm pool",), details=some_details()), "it has a warm pool"
    ),
    "an obstacle in the details": (
        a_target(details=some_details(obstacles=("its capacity type is SPOT",))), "its capacity type is SPOT"
    ),
    "too many instances": (
        a_target(wishes=wishes({tag.INSTANCES: "9"}), details=some_details()),
        "it wants 9 instances and the block has 8 left",
    ),
    "no subnet in the zone": (
        a_target(details=some_details(subnets=(ELSEWHERE,))),
        "none of its subnets is in us-east-2a (use2-az1): add one to the tag capacity-blocks:subnets",
    ),
    "a subnet in a zone of the same name alone": (
        a_target(details=some_details(subnets=(SAME_NAME,))),
        "none of its subnets is in us-east-2a (use2-az1): add one to the tag capacity-blocks:subnets",
    ),
    "a node group with subnets of other zones too": (
        a_node_group(details=some_details(subnets=(SUBNET, ELSEWHERE))),
        "a managed node group on a block may have subnets in us-east-2a (use2-az1) only: create it anew with those",
    ),
    "no launch template": (
        a_target(details=some_details(template=None)), "it has no launch template: give it one, with a fixed version"
    ),
    "another instance type": (
        a_target(details=template(instance_type="p4d.24xlarge")),
        "its launch template asks for p4d.24xlarge, the block holds p5.48xlarge: set InstanceType",
    ),
    "no instance type": (
        a_target(details=template(instance_type=None)),
        "its launch template asks for no instance type, the block holds p5.48xlarge: set InstanceType",
    ),
    "the spot market": (
        a_target(details=template(market_type="spot")),
        "its launch template has market type spot: remove InstanceMarketOptions",
    ),
    "a placement group": (
        a_target(details=template(placement_group="near")),
        "its launch template has placement group near: blocks allow none",
    ),
    "another tenancy": (
        a_target(details=template(tenancy="dedicated")),
        "its launch template has tenancy dedicated, the block default",
    ),
    "another platform": (
        a_target(details=template(platform="Windows")),
        "its image is for Windows, the block for Linux/UNIX: use another image",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("target", "reason"), MISFITS.values(), ids=MISFITS.keys())
def test_it_does_not_fit_and_the_reason_says_what_to_change(target: Target, reason: str) -> None:
    assert misfits(a_reservation(), target, 8) == (reason,)


def test_a_template_that_names_no_tenancy_has_the_default_one() -> None:
    assert misfits(a_reservation(tenancy="dedicated"), a_target(details=some_details()), 8) == (
        "its launch template has tenancy default, the block dedicated",
    )


def test_all_that_does_not_fit_is_named_at_once() -> None:
    target = a_target(
        details=some_details(template=a_launch_template(instance_type="g6", market_type="spot"), subnets=())
    )

    assert [reason.split(" ")[0:3] for reason in misfits(a_reservation(), target, 8)] == [
        ["none", "of", "its"],
        ["its", "launch", "template"],
        ["its", "launch", "template"],
    ]


def test_zones_are_compared_by_id_and_by_name_only_where_the_id_is_not_known() -> None:
    details = some_details(subnets=(SUBNET, SAME_NAME, ELSEWHERE))

    assert subnets_in_zone(a_reservation(), details) == (SUBNET,)
    assert subnets_in_zone(a_reservation(availability_zone_id=None), details) == (SUBNET, SAME_NAME)
