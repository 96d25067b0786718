"""What EC2 sold, held against what was approved: by type, zone, time, number and fee."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from simulator.capacity_blocks.holdings import Sale
from simulator.capacity_blocks.reservation import SIZE_TAG
from simulator.world import World

TAG = "capacity-blocks:intent"
PAID = frozenset({"scheduled", "active", "expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What instances are alike in that one purchase brings; several UltraServers are one part."""

    instance_type: str
    zone: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A sale, with what its reservations say."""

    sale: Sale
    intents: frozenset[str]  # by the tag
    parts: Mapping[Part, int]  # how many instances of each
    is_paid: bool


def bought(world: World) -> Iterator[Bought]:
    """Yield every sale of every Region."""
    for region in world.regions.values():
        for sale in region.engine.sales:
            found = region.engine.look("DescribeCapacityReservations", CapacityReservationIds=[*sale.reservation_ids])
            reservations = found["CapacityReservations"]
            tags = [{tag["Key"]: tag["Value"] for tag in each.get("Tags", ())} for each in reservations]
            parts = Counter[Part]()
            for each, its in zip(reservations, tags, strict=True):
                parts[_sold(each)] += int(its[SIZE_TAG])
            yield Bought(
                sale=sale,
                intents=frozenset(each[TAG] for each in tags if TAG in each),
                parts=parts,
                is_paid=any(each["State"] in PAID for each in reservations),
            )


def misfits(bought: Bought, intents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield in what a sale is not what one intent approved and knows of."""
    if len(bought.intents) != 1 or len(intents) != 1:
        yield f"{bought.sale.offering_id} was sold to {sorted(bought.intents) or 'nobody that is known'}"
        return
    [intent] = intents
    name, terms = intent_id(intent), intent["terms"]
    fee, parts = Decimal(terms["whole"]["upfront_fee"]), _approved(terms)
    if (bought.sale.fee, bought.parts) != (fee, parts):
        yield f"{name}: {bought.parts} for {bought.sale.fee} was sold to it, and {parts} for {fee} was approved"
    if not intent["approvals"]:
        yield f"{name}: nobody approved it"
    if unknown := set(bought.sale.reservation_ids) - set(intent["reservation_ids"]):
        yield f"{name}: {', '.join(sorted(unknown))} was bought, and it does not know of it"


def intent_id(intent: Mapping[str, Any]) -> str:
    """Name an intent as its notices do: the request, its number, and the beginning of the hash of its terms."""
    terms = json.dumps(intent["terms"], sort_keys=True, separators=(",", ":"))
    return f"{intent['request_id']}-{intent['number']}-{sha256(terms.encode()).hexdigest()[:16]}"


def _approved(terms: Mapping[str, Any]) -> Mapping[Part, int]:
    parts = Counter[Part]()
    for each in terms["segments"] or [terms["whole"]]:
        start, end = (datetime.fromisoformat(each[name]) for name in ("start", "end"))
        part = Part(instance_type=each["instance_type"], zone=each["availability_zone"], start=start, end=end)
        parts[part] += each["instance_count"]
    return parts


def _sold(reservation: Mapping[str, Any]) -> Part:
    return Part(
        instance_type=reservation["InstanceType"],
        zone=reservation["AvailabilityZone"],
        start=reservation["StartDate"],
        end=reservation["EndDate"],
    )
