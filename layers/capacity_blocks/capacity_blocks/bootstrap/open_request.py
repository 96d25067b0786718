"""What the function that opens a request is made of."""

from functools import cache
from typing import Any
from uuid import uuid4

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb_purchases import DynamoDbPurchaseLedger
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.purchasing.opener import Opener

SETTINGS = (PurchaseSettings,)
ADAPTERS = (DynamoDbPurchaseLedger,)


@cache
def _dynamodb() -> Any:
    return client("dynamodb")


def opener(settings: PurchaseSettings) -> Opener:
    return Opener(
        clock=SystemClock(),
        ledger=DynamoDbPurchaseLedger(_dynamodb(), settings.ledger_table, str(uuid4())),
        regions=settings.regions,
    )
