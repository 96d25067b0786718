"""The guards of an extension: run when an intent is made, and again right before it buys. Each names what is violated.

The rules of money are those of a purchase; what is added is what EC2 takes for an extension, and whose block it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capacity_blocks.core.extension.history import ExtensionRecord, ExtensionStatus
from capacity_blocks.core.extension.request import ExtensionRequest
from capacity_blocks.core.purchase import means, refusal
from capacity_blocks.core.purchase.duration import MOST, MOST_DAYS
from capacity_blocks.core.purchase.intent import IN_FLIGHT, Intent, IntentState
from capacity_blocks.core.purchase.means import Means
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.reminder.succession import Succession, successions
from capacity_blocks.core.reservation import PAID, Reservation
from capacity_blocks.core.timeline import FIRST_EXTENSION_BEFORE_END, LAST_EXTENSION_BEFORE_END
from capacity_blocks.core.words import hours, when

Found = Iterator[Violation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known at one instant. None is "could not be read", which is never "none": it refuses.

    `block` is what EC2 lists under the request's reservation id, () where it lists nothing under it; `others` are the
    other blocks of the pool, with those that are being bought; `elsewhere` the intents of other requests, beyond other
    ends, to extend the same block.
    """

    means: Means
    request: ExtensionRequest
    block: Reservation | tuple[()] | None
    history: Sequence[ExtensionRecord] | None
    others: Sequence[Reservation] | None
    elsewhere: Sequence[Intent]


def before_offers(known: Circumstances) -> tuple[Violation, ...]:
    """Return why there is no use in asking EC2 what it has on sale for this block."""
    return (
        *means.switched_on(known.means),
        *_of_the_block(known),
        *_first(known),
        *_not_extended(known),
        *_settled(known),
    )


def before_asking(known: Circumstances, intent: Intent) -> tuple[Violation, ...]:
    """Return why nobody may be asked about `intent`; empty when there is no reason."""
    return (
        *before_offers(known),
        *_of_the_request(known, intent),
        *_fitting(known, intent.terms.offering),
        *_uncovered(known, intent.terms.offering),
        *means.permitted(known.means, intent),
        *means.affordable(known.means, intent),
    )


def before_buying(known: Circumstances, intent: Intent, on_sale: Sequence[Offering] | None) -> tuple[Violation, ...]:
    """Return why `intent` may not buy at this instant; empty when there is no reason.

    `on_sale` is what EC2 offers now for this block and this time; None when it did not say.
    """
    return (
        *before_asking(known, intent),
        *means.reserved(known.means, intent),
        *means.approved(known.means, intent),
        *means.unchanged(intent.terms.offering, on_sale),
    )


def stands_in_the_way(sibling: Intent) -> bool:
    """Whether another intent for the same block and end forbids one more, ever.

    An extension whose payment has failed for certain does not: its block still ends when it would have ended.
    """
    return sibling.may_have_bought and sibling.state is not IntentState.PAYMENT_FAILED


def _of_the_block(known: Circumstances) -> Found:
    request, block, now = known.request, known.block, known.means.now
    if block is None:
        yield Violation(guard=Guard.STATE, reason=f"how {request.reservation_id} stands could not be found out")
        return
    if not block:
        yield Violation(guard=Guard.STATE, reason=f"EC2 lists no {request.reservation_id} in {request.region}")
        return
    if not block.owned:
        reason = f"{block.reservation_id} belongs to another account: only its owner can extend it"
        yield Violation(guard=Guard.NOT_OURS, reason=reason)
    if block.pool != request.pool:
        reason = f"{block.reservation_id} does not carry the tag of pool {request.pool} any more"
        yield Violation(guard=Guard.NOT_OURS, reason=reason)
    if block.state not in PAID:
        reason = f"{block.reservation_id} is {block.state.value}; one that is scheduled or active can be extended"
        yield Violation(guard=Guard.STATE, reason=reason)
    if block.end != request.end:
        reason = f"{block.reservation_id} ends at {when(block.end)} now, and not at {when(request.end)}"
        yield Violation(guard=Guard.END_MOVED, reason=reason)
    if now > block.end - LAST_EXTENSION_BEFORE_END:
        last = when(block.end - LAST_EXTENSION_BEFORE_END)
        yield Violation(guard=Guard.WINDOW, reason=f"EC2 sells more time until an hour before the end, {last}")
    if now < block.end - FIRST_EXTENSION_BEFORE_END:
        first = when(block.end - FIRST_EXTENSION_BEFORE_END)
        yield Violation(guard=Guard.WINDOW, reason=f"EC2 sells more time from 56 days before the end on, {first}")


def _first(known: Circumstances) -> Found:
    """Of the intents for a block and its end one may buy, ever. What nobody asked for yields to any answer before."""
    siblings = known.means.siblings
    if siblings is None:
        yield Violation(guard=Guard.BOUGHT_BEFORE, reason="the request's other intents could not be read")
    for sibling in siblings or ():
        is_answer = sibling.state in {IntentState.REJECTED, IntentState.PAYMENT_FAILED}
        is_lost = sibling.state is IntentState.CLOSED and sibling.attempted_at is not None
        if stands_in_the_way(sibling) or (known.request.automatic and (is_answer or is_lost)):
            reason = f"{sibling.intent_id} of this request is {sibling.state.value}"
            yield Violation(guard=Guard.BOUGHT_BEFORE, reason=reason)


def _not_extended(known: Circumstances) -> Found:
    if known.history is None:
        yield Violation(guard=Guard.PENDING, reason="which extensions the block has could not be found out")
        return
    for record in known.history:
        if record.status in {ExtensionStatus.PAYMENT_PENDING, ExtensionStatus.UNRECOGNISED}:
            reason = f"an extension of it until {when(record.end)} ({record.offering_id}) is {record.status.value}"
            yield Violation(guard=Guard.PENDING, reason=reason)
        elif record.may_be_paid and record.start == known.request.end:
            reason = f"it was extended beyond {when(record.start)} already, until {when(record.end)}"
            yield Violation(guard=Guard.END_MOVED, reason=reason)


def _settled(known: Circumstances) -> Found:
    """A wish made anew, while nobody knows what became of it, must not get time beyond the end that it has moved."""
    for intent in known.elsewhere:
        if intent.state in IN_FLIGHT:
            until = when(intent.terms.offering.end)
            reason = f"{intent.intent_id}, which extends it until {until}, is {intent.state.value}"
            yield Violation(guard=Guard.PENDING, reason=reason)


def _of_the_request(known: Circumstances, intent: Intent) -> Found:
    terms, request = intent.terms, known.request
    named = (intent.request_id, terms.pool, terms.extends, terms.offering.region)
    if named != (request.request_id, request.pool, request.reservation_id, request.region):
        reason = f"it is an intent of {intent.request_id} for {terms.extends}, and not of {request.request_id}"
        yield Violation(guard=Guard.OTHER_REQUEST, reason=reason)


def _fitting(known: Circumstances, offering: Offering) -> Found:
    request, part = known.request, offering.whole
    caps, settings = ((request.most_fee, "the request's"),), known.means.settings
    for rule, reason in (*refusal.unsound(offering), *refusal.over_caps(offering, settings, caps)):
        yield Violation(guard=Guard.UNFIT, reason=reason, rule=rule.value)
    if offering.has_several_segments or offering.start != request.end:
        reason = f"it starts at {when(offering.start)}, and the block ends at {when(request.end)}"
        yield Violation(guard=Guard.UNFIT, reason=reason)
    if offering.duration != request.duration:
        sold, asked = hours(offering.duration), hours(request.duration)
        yield Violation(guard=Guard.UNFIT, reason=f"it has {sold} hours, and {asked} are wanted")
    if not known.block:
        return
    block = known.block
    if (part.instance_type, part.availability_zone) != (block.instance_type, block.availability_zone):
        reason = f"it is for {part.instance_type} in {part.availability_zone}, which {block.reservation_id} is not"
        yield Violation(guard=Guard.UNFIT, reason=reason)
    if block.instance_count not in {0, part.instance_count}:  # 0: EC2 does not tell
        reason = f"it is for {part.instance_count} instances, and the block has {block.instance_count}"
        yield Violation(guard=Guard.UNFIT, reason=reason)
    if offering.end - block.start > MOST:
        reason = f"the block would last from {when(block.start)} to {when(offering.end)}, more than {MOST_DAYS} days"
        yield Violation(guard=Guard.UNFIT, reason=reason)


def _uncovered(known: Circumstances, offering: Offering) -> Found:
    """A person may want both; what nobody asked for is not bought beside a block that follows."""
    if not known.request.automatic or not known.block:
        return
    if known.others is None:
        yield Violation(guard=Guard.COVERED, reason="which other blocks the pool has could not be found out")
    for reason in following(known.block, known.others or (), offering):
        yield Violation(guard=Guard.COVERED, reason=f"{reason}; nobody asked for both")


def following(block: Reservation, others: Sequence[Reservation], offering: Offering) -> Iterator[str]:
    """Name each other block of the pool that follows this one while `offering` lasts, as reminders see it.

    One that runs beside it does work of its own, and goes on or ends with its own extensions.
    """
    succession = successions((block, *others)).get(block.reservation_id, Succession())
    for other in (each.block for each in succession.followers if each.block.start < offering.end):
        yield f"{other.reservation_id} ({other.state.value}) is held from {when(other.start)} to {when(other.end)}"
