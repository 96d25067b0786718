"""Whether the pool has what a request asks for already: two requests for one need must not buy twice."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.intent import request_of
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.words import when


def bought_for(request: PurchaseRequest, blocks: Sequence[Reservation]) -> Iterator[str]:
    """Say which blocks carry an intent of the request. Nothing in a request allows a second purchase for it."""
    for block in blocks:
        if not block.is_dead and request_of(block.tags.get(tag.INTENT, "")) == request.request_id:
            yield f"{block.reservation_id} was bought for this request"


def covering(
    now: datetime, request: PurchaseRequest, offering: Offering, blocks: Sequence[Reservation]
) -> Iterator[str]:
    """Say which blocks of the pool overlap with the offering, or are what the request asks for.

    One that is only scheduled, or waits for its payment, counts as one that runs does.
    """
    for block in blocks:
        if request.may_overlap or block.is_dead or block.end <= now:
            continue
        held = f"{block.reservation_id} ({block.state.value}) is held from {when(block.start)} to {when(block.end)}"
        if block.start < offering.end and offering.start < block.end:
            yield f"{held} and overlaps with it; may_overlap allows both"
        elif _covers(now, request, block):
            yield f"{held} and is what the request asks for; may_overlap allows both"


def _covers(now: datetime, request: PurchaseRequest, block: Reservation) -> bool:
    earliest = request.earliest_start or now
    in_time = earliest <= block.start and block.end <= request.latest_end
    if not in_time or block.end - block.start < request.least_duration:
        return False
    if isinstance(request.wanted, Instances):
        is_enough = block.instance_count >= request.wanted.least or not block.instance_count  # 0: not known
        return block.instance_type in request.wanted.types and is_enough
    return block.ultraserver is not False  # of which type is not known of a reservation
