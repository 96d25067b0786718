"""How long something can still be bought, and until when its fee is taken. All of these are counted from its start."""

from datetime import datetime, timedelta

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.timeline import LAST_EXTENSION_BEFORE_END

# "Capacity Blocks pricing and billing": within 12 hours, and 5 minutes before the start; whichever comes first.
PAID_WITHIN = timedelta(hours=12)
PAID_BEFORE_START = timedelta(minutes=5)
# "Extend Capacity Blocks": within 12 hours, and 35 minutes before the end that the block has; there it would start.
EXTENSION_PAID_BEFORE_END = timedelta(minutes=35)
# A payment settles after 5 minutes at the earliest, and 5 minutes before the start at the latest ("Pricing and
# billing" of Capacity Blocks): later than this there is nothing to be had but a failed payment.
LAST_PURCHASE_BEFORE_START = timedelta(minutes=10)


def last_purchase_at(offering: Offering) -> datetime:
    lead = LAST_PURCHASE_BEFORE_START if offering.extends is None else LAST_EXTENSION_BEFORE_END
    return offering.start - lead


def paid_before(bought_at: datetime, offering: Offering) -> datetime:
    """Return until when EC2 takes the fee. Past it only EC2's own word ends the wait; a person should look."""
    lead = PAID_BEFORE_START if offering.extends is None else EXTENSION_PAID_BEFORE_END
    return min(bought_at + PAID_WITHIN, offering.start - lead)
