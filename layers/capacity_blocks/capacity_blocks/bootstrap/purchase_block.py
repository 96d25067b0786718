"""What the function that buys is made of: the only composition root with an adapter that spends."""

from datetime import timedelta
from functools import cache

from botocore.config import Config

from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.ec2_purchases import Ec2Purchases
from capacity_blocks.bootstrap import guards, sites
from capacity_blocks.bootstrap.client import client
from capacity_blocks.bootstrap.desk import desk
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings
from capacity_blocks.purchasing.purchaser import Purchaser

SETTINGS = (PurchaseSettings, SpendingSettings)
ADAPTERS = (*guards.ADAPTERS, Ec2Offerings, Ec2Purchases)
READERS = guards.READERS

# One attempt: PurchaseCapacityBlock takes no client token, and a retry of the SDK would buy again. Patience costs
# little here: an answer that is not waited for is an outcome that has to be looked up.
CONNECT, READ = timedelta(seconds=5), timedelta(seconds=60)
ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=CONNECT.total_seconds(),
    read_timeout=READ.total_seconds(),
)


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
        call_timeout=CONNECT + READ,
    )
