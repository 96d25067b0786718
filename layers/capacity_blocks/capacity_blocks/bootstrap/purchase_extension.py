"""What the function that extends blocks is made of: beside that of blocks the only one with an adapter that spends."""

from functools import cache

from capacity_blocks.adapters.ec2_extensions import Ec2Extensions
from capacity_blocks.bootstrap import extension_guards
from capacity_blocks.bootstrap.client import client
from capacity_blocks.bootstrap.desk import desk
from capacity_blocks.bootstrap.once import CALL_TIMEOUT, ONCE
from capacity_blocks.extending.purchaser import Purchaser
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings

SETTINGS = (PurchaseSettings, SpendingSettings)
ADAPTERS = (*extension_guards.ADAPTERS, Ec2Extensions)
READERS = extension_guards.READERS


@cache
def _extensions(region: str) -> Ec2Extensions:
    return Ec2Extensions(client("ec2", region, ONCE))


def purchaser(settings: PurchaseSettings, spending: SpendingSettings, account: str, run: str) -> Purchaser:
    at = desk(settings, run)
    return Purchaser(
        clock=at.clock,
        survey=extension_guards.survey(settings, spending, at, account),
        ledger=at.ledger,
        bookkeeper=at.bookkeeper,
        scribe=at.scribe,
        offers=extension_guards.offers(settings),
        extensions={region: _extensions(region) for region in settings.regions},
        call_timeout=CALL_TIMEOUT,
    )
