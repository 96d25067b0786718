"""What the function that closes a request is made of."""

from capacity_blocks.bootstrap import desk
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.purchasing.closer import Closer

SETTINGS = (PurchaseSettings,)
ADAPTERS = desk.ADAPTERS


def closer(settings: PurchaseSettings, run: str) -> Closer:
    at = desk.desk(settings, run)
    return Closer(clock=at.clock, ledger=at.ledger, bookkeeper=at.bookkeeper, scribe=at.scribe)
