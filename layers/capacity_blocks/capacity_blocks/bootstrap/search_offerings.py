"""What the function that searches for offerings is made of."""

from functools import cache

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.service_quotas import ServiceQuotas
from capacity_blocks.bootstrap import parameters, sites
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.purchasing.searcher import Searcher

SETTINGS = (PurchaseSettings,)
ADAPTERS = (*parameters.ADAPTERS, Ec2Offerings, ServiceQuotas)
READERS = sites.READERS


@cache
def _quotas(region: str) -> ServiceQuotas:
    return ServiceQuotas(client("service-quotas", region))


def searcher(settings: PurchaseSettings, account: str) -> Searcher:
    return Searcher(
        clock=SystemClock(),
        sites=sites.sites(settings, account),
        pool_settings=parameters.pool_settings(settings),
        offerings={region: Ec2Offerings(sites.ec2(region), region) for region in settings.regions},
        quotas={region: _quotas(region) for region in settings.regions},
    )
