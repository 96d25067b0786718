"""What a reader of a reminder can do with one click: ask for an extension, or for a block that follows."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from capacity_blocks.core.extension.request import workflow_input
from capacity_blocks.core.notice import Choice, Tone
from capacity_blocks.core.purchase import money
from capacity_blocks.core.reminder.gathering import can_be_asked_for
from capacity_blocks.core.reminder.offer import Offer, OfferKind
from capacity_blocks.core.reminder.outlook import Outlook
from capacity_blocks.core.reminder.phrase import span
from capacity_blocks.core.renewal import successor
from capacity_blocks.core.slack.wish import Extension, Successor, Value
from capacity_blocks.core.words import when

MOST_OF_A_KIND = 2
BREAK = " \\\n  "  # of a line in a shell
ASKED = "It is looked up anew, and bought only once it is approved."


def choices(outlook: Outlook) -> Iterator[Choice]:
    """Yield one for each offer that can be asked for. What is recommended is marked, and comes first of its kind."""
    if outlook.pool is None:
        return
    possible = _possible(outlook)
    for kind in OfferKind:
        of_kind = sorted((each for each in possible if each.kind is kind), key=lambda each: each != outlook.best)
        for offer in of_kind[:MOST_OF_A_KIND]:
            yield _choice(outlook, outlook.pool, offer)


def by_hand(outlook: Outlook) -> str:
    """Say how to take the first of these choices where a notice has no buttons; empty where there is none."""
    possible = _possible(outlook)
    if not possible or outlook.pool is None:
        return ""
    offer = outlook.best if outlook.best in possible else possible[0]
    is_extension = offer.kind is OfferKind.EXTENSION
    machine = outlook.extension_machine if is_extension else outlook.purchase_machine
    asked = _asked_extension(offer) if is_extension else _asked_successor(outlook.pool, offer)
    what = f"{'extend it by' if is_extension else 'buy a block for'} {span(offer.offering.duration)}"
    command = BREAK.join(
        (
            f"aws stepfunctions start-execution --state-machine-arn {machine}",
            f"--input {shlex.quote(json.dumps(asked))}",
        )
    )
    return f"To {what} without a button, which asks the pool's approvers:\n{command}" if machine else ""


def _possible(outlook: Outlook) -> list[Offer]:
    """Return what the pool could pay, and what is known well enough to ask for it."""
    return [
        each
        for each in outlook.on_sale
        if not outlook.objections(each) and (each.kind is OfferKind.EXTENSION or can_be_asked_for(outlook.block))
    ]


def _asked_extension(offer: Offer) -> dict[str, Any]:
    return workflow_input(
        reservation_id=offer.block.reservation_id,
        region=offer.block.region,
        duration=offer.offering.duration,
        why="a person asked for it",
        automatic=False,
        most_fee=money.canonical(offer.fee),
        end=offer.block.end,
    )


def _asked_successor(pool: str, offer: Offer) -> dict[str, Any]:
    start, end = offer.offering.start, offer.offering.end
    return successor.document(offer.block, pool, start=start, end=end, most_fee=offer.fee)


def _choice(outlook: Outlook, pool: str, offer: Offer) -> Choice:
    fee, length, block = money.shown(offer.fee), span(offer.offering.duration), outlook.block
    is_extension = offer.kind is OfferKind.EXTENSION
    return Choice(
        label=f"{'Extend' if is_extension else 'New block,'} {length}: {fee}",
        value=_extension(pool, offer) if is_extension else _successor(pool, offer),
        tone=Tone.GOOD if offer == outlook.best else Tone.PLAIN,
        confirm=(
            f"Extend {block.reservation_id} to {when(offer.offering.end)} for at most {fee}? {ASKED}"
            if is_extension
            else f"Buy {block.instance_count} x {block.instance_type} from {when(offer.offering.start)} to "
            f"{when(offer.offering.end)} for at most {fee}? {ASKED}"
        ),
    )


def _extension(pool: str, offer: Offer) -> Value:
    return Extension(
        reservation_id=offer.block.reservation_id,
        region=offer.block.region,
        pool=pool,
        duration=offer.offering.duration,
        most_fee=money.canonical(offer.fee),
        end=offer.block.end,
    ).value


def _successor(pool: str, offer: Offer) -> Value:
    return Successor(
        reservation_id=offer.block.reservation_id,
        region=offer.block.region,
        pool=pool,
        end=offer.block.end,
        start=offer.offering.start,
        until=offer.offering.end,
        most_fee=money.canonical(offer.fee),
    ).value
