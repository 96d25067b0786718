"""What the function that chooses an extension is made of."""

from capacity_blocks.bootstrap import extension_guards
from capacity_blocks.bootstrap.desk import desk
from capacity_blocks.extending.chooser import Chooser
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings

SETTINGS = (PurchaseSettings, SpendingSettings)
ADAPTERS, READERS = extension_guards.ADAPTERS, extension_guards.READERS


def chooser(settings: PurchaseSettings, spending: SpendingSettings, account: str, run: str) -> Chooser:
    at = desk(settings, run)
    return Chooser(
        clock=at.clock,
        survey=extension_guards.survey(settings, spending, at, account),
        ledger=at.ledger,
        bookkeeper=at.bookkeeper,
        scribe=at.scribe,
        offers=extension_guards.offers(settings),
    )
