"""What tests of purchases are made of: a request for 8 p5.48xlarge for a week in May, and an offering that fits it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest
from capacity_blocks.core.purchase.segment import Segment
from tests.factories import REGION, at

NOW = at("2026-04-20T09:00")
START = at("2026-05-04T11:30")
END = at("2026-05-11T11:30")
WEEK = timedelta(days=7)
FEE = Decimal("42000.00")
PLACE = Place(region=REGION, availability_zone="us-east-2a", availability_zone_id="use2-az1")
ALICE = "arn:aws:iam::123456789012:user/alice"
BOB = "slack:T0TEAM/U0BOB"
MALLORY = "arn:aws:iam::123456789012:user/mallory"

INPUT: dict[str, Any] = {
    "request_id": "may-training",
    "pool": "training",
    "instance_types": ["p5.48xlarge"],
    "instance_count": 8,
    "duration_days": 7,
    "earliest_start": "2026-05-01T00:00:00Z",
    "latest_end": "2026-05-16T00:00:00Z",
    "most_upfront_fee": "60000",
}
MONEY: dict[str, Any] = {
    "most_per_purchase": "60000",
    "monthly_budget": "100000",
    "approvers": [ALICE, BOB],
    "two_approvers_above": "50000",
}


def a_segment(**changes: Any) -> Segment:
    given: dict[str, Any] = {
        "instance_type": "p5.48xlarge",
        "instance_count": 8,
        "availability_zone": "us-east-2a",
        "start": START,
        "end": END,
        "upfront_fee": FEE,
    }
    return Segment(**(given | changes))


def an_offering(offering_id: str = "cb-0a", **changes: Any) -> Offering:
    """Return an offering of one segment that fits `a_request()`; changes go to what EC2 says of the whole."""
    names = ("region", "segments", "tenancy", "ultraserver_type", "ultraserver_count", "extends")
    of_offering: dict[str, Any] = {name: changes.pop(name) for name in names if name in changes}
    given: dict[str, Any] = {"offering_id": offering_id, "region": REGION, "whole": a_segment(**changes)}
    return Offering(**(given | of_offering))


def a_request(**changes: Any) -> PurchaseRequest:
    given: dict[str, Any] = {
        "request_id": "may-training",
        "pool": "training",
        "wanted": Instances(types=("p5.48xlarge",), least=8, most=8),
        "durations": (WEEK,),
        "least_duration": WEEK,
        "most_duration": WEEK,
        "earliest_start": at("2026-05-01T00:00"),
        "latest_end": at("2026-05-16T00:00"),
        "most_upfront_fee": Decimal(60000),
    }
    return PurchaseRequest(**(given | changes))


def some_settings(**changes: Any) -> MoneySettings:
    given: dict[str, Any] = {
        "most_per_purchase": Decimal(60000),
        "monthly_budget": Decimal(100000),
        "most_per_pool": Decimal(100000),
        "approvers": ((ALICE,), (BOB,)),
        "two_approvers_above": Decimal(50000),
    }
    return MoneySettings(**(given | changes))
