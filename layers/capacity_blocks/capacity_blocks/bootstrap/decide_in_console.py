"""What the function that takes decisions in the console is made of."""

from capacity_blocks.bootstrap import door
from capacity_blocks.purchase_settings import PurchaseSettings

SETTINGS = (PurchaseSettings,)
ADAPTERS = door.ADAPTERS
decider = door.decider
