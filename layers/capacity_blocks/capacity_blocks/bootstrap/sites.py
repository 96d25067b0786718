"""What a purchase sees of pools: their blocks, and the subnets of their targets, in each region."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from capacity_blocks.adapters.autoscaling import AutoScalingGroups
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.ec2_subnets import Ec2Subnets
from capacity_blocks.adapters.eks import EksNodeGroups
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_ports import Site
from capacity_blocks.purchase_settings import PurchaseSettings

READERS = (AutoScalingGroups, Ec2Reservations, Ec2Subnets, EksNodeGroups)


@cache
def ec2(region: str) -> Any:
    return client("ec2", region)


@cache
def _site(region: str, account: str) -> Site:
    return Site(
        name=region,
        reservations=Ec2Reservations(ec2(region), region, account),
        groups=AutoScalingGroups(client("autoscaling", region), region),
        node_groups=EksNodeGroups(client("eks", region), client("resourcegroupstaggingapi", region)),
        subnets=Ec2Subnets(ec2(region)),
    )


def sites(settings: PurchaseSettings, account: str) -> Sequence[Site]:
    return [_site(region, account) for region in settings.regions]
