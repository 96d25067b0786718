"""What the function that chooses an offering is made of."""

from capacity_blocks.bootstrap import guards
from capacity_blocks.bootstrap.desk import desk
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings
from capacity_blocks.purchasing.chooser import Chooser

SETTINGS = (PurchaseSettings, SpendingSettings)
ADAPTERS, READERS = guards.ADAPTERS, guards.READERS


def chooser(settings: PurchaseSettings, spending: SpendingSettings, account: str, run: str) -> Chooser:
    at = desk(settings, run)
    return Chooser(
        clock=at.clock,
        survey=guards.survey(settings, spending, at, account),
        ledger=at.ledger,
        bookkeeper=at.bookkeeper,
        scribe=at.scribe,
    )
