"""What tests of renewals are made of: a block of the reminders' tests, extended by a week for at most $50,000."""

from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from tests.factories import REGION
from tests.unit.core.reminder.shapes import DAY, END, a_new_block, an_extension

CAP = Decimal(50000)
DECIDED_AT = END - DAY


def a_renewal(**changes: Any) -> Renewal:
    given: dict[str, Any] = {
        "reservation_id": "cr-0a",
        "region": REGION,
        "pool": "training",
        "instance_type": "p5.48xlarge",
        "instance_count": 8,
        "end": END,
        "mode": RenewalMode.EXTEND,
        "duration": 7 * DAY,
        "most_fee": CAP,
        "utilization": Decimal("97.2"),
        "decided_at": DECIDED_AT,
    }
    return Renewal(**(given | changes))


def renewing(mode: RenewalMode = RenewalMode.EXTEND, **changes: Any) -> RenewalSettings:
    given: dict[str, Any] = {"mode": mode, "duration": 7 * DAY, "most_fee": CAP}
    return RenewalSettings(**(given | changes))


def extension_terms(fee: Decimal = CAP, days: int = 7, **changes: Any) -> Terms:
    given: dict[str, Any] = {"offering": an_extension(days, fee), "pool": "training", "platform": "Linux/UNIX"}
    return Terms(**(given | changes))


def successor_terms(**changes: Any) -> Terms:
    given: dict[str, Any] = {"days": 7, "fee": CAP}
    offering = a_new_block(**(given | changes))
    return Terms(offering=offering, pool="training", platform="Linux/UNIX")
