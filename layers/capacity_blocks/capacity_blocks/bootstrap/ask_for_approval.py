"""What the function that asks for an approval is made of."""

from capacity_blocks.bootstrap import door, parameters
from capacity_blocks.bootstrap.desk import desk
from capacity_blocks.purchase_settings import DoorSettings, PurchaseSettings
from capacity_blocks.purchasing.asker import Asker

SETTINGS = (PurchaseSettings, DoorSettings)
ADAPTERS = door.ADAPTERS


def asker(settings: PurchaseSettings, doors: DoorSettings, run: str) -> Asker:
    at = desk(settings, run)
    return Asker(
        clock=at.clock,
        ledger=at.ledger,
        pool_settings=parameters.pool_settings(settings),
        tokens=door.tokens(),
        scribe=at.scribe,
        decide_url=doors.decide_url,
        console_function=doors.console_function,
        slack_buttons=doors.slack_buttons,
    )
