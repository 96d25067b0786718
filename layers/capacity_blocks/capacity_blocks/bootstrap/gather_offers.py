"""What the function that looks up offers ahead of reminders is made of."""

from functools import cache

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb_offers import DynamoDbOffers
from capacity_blocks.adapters.ec2_extension_offers import Ec2ExtensionOffers
from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.bootstrap import parameters
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.renewing.gatherer import Counter, Gatherer

SETTINGS = (PurchaseSettings,)
ADAPTERS = (*parameters.ADAPTERS, DynamoDbOffers, Ec2ExtensionOffers, Ec2Offerings, Ec2Reservations)


@cache
def _reservations(region: str, account: str) -> Ec2Reservations:
    return Ec2Reservations(client("ec2", region), region, account)


@cache
def _counter(region: str) -> Counter:
    ec2 = client("ec2", region)
    return Counter(extensions=Ec2ExtensionOffers(ec2, region), offerings=Ec2Offerings(ec2, region))


@cache
def _offers(table: str) -> DynamoDbOffers:
    return DynamoDbOffers(client("dynamodb"), table)


def gatherer(settings: PurchaseSettings, account: str) -> Gatherer:
    return Gatherer(
        clock=SystemClock(),
        regions={region: _reservations(region, account) for region in settings.regions},
        counters={region: _counter(region) for region in settings.regions},
        pool_settings=parameters.pool_settings(settings),
        offers=_offers(settings.ledger_table),
    )
