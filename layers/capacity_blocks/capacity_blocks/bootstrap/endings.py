"""What the functions have in common that look at blocks which end."""

from functools import cache

from capacity_blocks.adapters.dynamodb_offers import DynamoDbOffers
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings


@cache
def _reservations(region: str, account: str) -> Ec2Reservations:
    return Ec2Reservations(client("ec2", region), region, account)


def reservations(settings: PurchaseSettings, account: str) -> dict[str, Ec2Reservations]:
    return {region: _reservations(region, account) for region in settings.regions}


@cache
def offers(table: str) -> DynamoDbOffers:
    return DynamoDbOffers(client("dynamodb"), table)
