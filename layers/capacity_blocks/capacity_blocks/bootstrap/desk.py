"""Where the steps of a purchase read and write: the ledger, the books, and the notices to people."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.adapters.dynamodb_purchases import DynamoDbPurchaseLedger
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.bootstrap.client import client
from capacity_blocks.executor import Speaker
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.purchasing.bookkeeper import Bookkeeper
from capacity_blocks.purchasing.scribe import Scribe

ADAPTERS = (DynamoDbLedger, DynamoDbPurchaseLedger, SnsNotifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    clock: SystemClock
    ledger: DynamoDbPurchaseLedger
    bookkeeper: Bookkeeper
    scribe: Scribe


@cache
def dynamodb() -> Any:
    return client("dynamodb")


@cache
def _notices(table: str, namespace: str) -> DynamoDbLedger:
    return DynamoDbLedger(dynamodb(), table, namespace)


@cache
def _notifier(topic_arn: str, observe_only: bool) -> SnsNotifier:  # cached, so by position
    return SnsNotifier(client("sns"), topic_arn, SystemClock(), observe_only=observe_only)


def desk(settings: PurchaseSettings, run: str) -> Desk:
    """Make the desk of one invocation, whose name in AWS is `run`.

    The ledger of purchases is given a name that no repeat of the invocation has: see there.
    """
    clock = SystemClock()
    ledger = DynamoDbPurchaseLedger(dynamodb(), settings.ledger_table, f"{run}-{uuid4()}")
    speaker = Speaker(
        ledger=_notices(settings.ledger_table, "observe" if settings.observe_only else "live"),
        notifier=_notifier(settings.topic_arn, settings.observe_only),
        clock=clock,
        run=run,
    )
    scribe = Scribe(clock=clock, ledger=ledger, speaker=speaker)
    return Desk(clock=clock, ledger=ledger, bookkeeper=Bookkeeper(ledger), scribe=scribe)
