"""What the function that looks up offers ahead of reminders is made of."""

from functools import cache

from botocore.config import Config

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb_offers import DynamoDbOffers
from capacity_blocks.adapters.ec2_extension_offers import Ec2ExtensionOffers
from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.bootstrap import endings, parameters
from capacity_blocks.bootstrap.client import CONFIG, client
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.renewing.gatherer import Counter, Gatherer

ONCE: Config = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
SETTINGS = (PurchaseSettings,)
ADAPTERS = (*parameters.ADAPTERS, DynamoDbOffers, Ec2ExtensionOffers, Ec2Offerings)
ENDS = (Ec2Reservations,)


@cache
def _counter(region: str) -> Counter:
    ec2 = client("ec2", region, ONCE)  # a retry takes from the slow bucket, unseen by whoever counts the calls
    return Counter(extensions=Ec2ExtensionOffers(ec2, region), offerings=Ec2Offerings(ec2, region))


def gatherer(settings: PurchaseSettings, account: str) -> Gatherer:
    return Gatherer(
        clock=SystemClock(),
        regions=endings.reservations(settings, account),
        counters={region: _counter(region) for region in settings.regions},
        pool_settings=parameters.pool_settings(settings),
        offers=endings.offers(settings.ledger_table),
    )
