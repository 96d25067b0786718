"""What the function that buys blocks is made of. One other composition root alone has an adapter that spends."""

from functools import cache

from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.ec2_purchases import Ec2Purchases
from capacity_blocks.bootstrap import guards, sites
from capacity_blocks.bootstrap.client import client
from capacity_blocks.bootstrap.desk import desk
from capacity_blocks.bootstrap.once import CALL_TIMEOUT, ONCE
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings
from capacity_blocks.purchasing.purchaser import Purchaser

SETTINGS = (PurchaseSettings, SpendingSettings)
ADAPTERS = (*guards.ADAPTERS, Ec2Offerings, Ec2Purchases)
READERS = guards.READERS


@cache
def _purchases(region: str) -> Ec2Purchases:
    return Ec2Purchases(client("ec2", region, ONCE))


def purchaser(settings: PurchaseSettings, spending: SpendingSettings, account: str, run: str) -> Purchaser:
    at = desk(settings, run)
    return Purchaser(
        clock=at.clock,
        survey=guards.survey(settings, spending, at, account),
        ledger=at.ledger,
        bookkeeper=at.bookkeeper,
        scribe=at.scribe,
        offerings={region: Ec2Offerings(sites.ec2(region), region) for region in settings.regions},
        purchases={region: _purchases(region) for region in settings.regions},
        call_timeout=CALL_TIMEOUT,
    )
