"""A reminder, as people read it: what ends, how busy it is, what could continue it, and what to do."""

from collections.abc import Iterator
from datetime import timedelta

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.duration import MOST_DAYS
from capacity_blocks.core.reminder import choice, ladder
from capacity_blocks.core.reminder.gathering import can_be_asked_for
from capacity_blocks.core.reminder.offer import Offer, OfferKind
from capacity_blocks.core.reminder.outlook import Outlook
from capacity_blocks.core.reminder.phrase import ahead, offered, percent, rate, span
from capacity_blocks.core.reminder.succession import Follower
from capacity_blocks.core.renewal.notice import RENEWED
from capacity_blocks.core.words import hours, listed, when

SOON = timedelta(days=1)  # from then on a reminder is a warning


def reminder(outlook: Outlook) -> Notice:
    block = outlook.block
    of = f" of pool {outlook.pool}" if outlook.pool else ""
    size = f"{block.instance_count} x {block.instance_type}" if block.instance_count else block.instance_type
    return Notice(
        key=ladder.key(block, outlook.lead),
        kind="reminder",
        severity=Severity.INFO if block.end - outlook.now > SOON else Severity.WARNING,
        title=f"{block.reservation_id} ends in {ahead(block.end - outlook.now)}: {size}{of}",
        text="\n\n".join(part for part in _paragraphs(outlook) if part),
        next_step=_next_step(outlook),
        pool=outlook.pool,
        region=block.region,
        reservation_id=block.reservation_id,
        facts=tuple(_facts(outlook)),
        choices=tuple(choice.choices(outlook)),
    )


def _paragraphs(outlook: Outlook) -> Iterator[str]:
    end, drain_at = outlook.block.end, outlook.timeline.drain_at
    yield f"It ends at {when(end)}. What runs in it is drained from {when(drain_at)} on."
    yield _use(outlook)
    yield " ".join(_what_follows(outlook))
    yield " ".join(_extending(outlook))
    yield from _on_offer(outlook)
    yield _advice(outlook)
    yield choice.by_hand(outlook)


def _use(outlook: Outlook) -> str:
    block, usage = outlook.block, outlook.usage
    parts = []
    if outlook.in_use is not None:
        parts.append(f"{outlook.in_use} of {block.instance_count} instances are in use now")
    if usage.instances is not None:
        parts.append(f"{percent(usage.instances)} of them were over the last day")
    if usage.accelerators is not None:
        parts.append(f"its accelerators were {percent(usage.accelerators)} busy")
    if usage.instances is None and outlook.now > block.start:
        parts.append(f"how much it was used is not known{usage.trouble and f': {usage.trouble}'}")
    return f"In use: {'; '.join(parts)}." if parts else ""


def _what_follows(outlook: Outlook) -> Iterator[str]:
    followers = outlook.succession.followers
    if not followers:
        yield f"Nothing of its type follows it{' in its pool' if outlook.pool else ''}."
    for each in followers:
        yield _follower(each)
    starts = [each.block.start for each in followers if each.is_paid]
    pause = min(starts) - outlook.timeline.drain_at if starts else timedelta(0)
    if pause > timedelta(0):
        yield f"From the drain until then there is nothing in its place, for {span(pause)}."


def _follower(follower: Follower) -> str:
    block = follower.block
    count = block.instance_count if follower.instances is None else follower.instances
    size = f"{count} x {block.instance_type}" if count else f"{block.instance_type}, how many is not known"
    paid = "" if follower.is_paid else ", which is not paid yet,"
    return f"{block.reservation_id} ({size}){paid} starts at {when(block.start)}, {offered(follower.gap)}."


def _extending(outlook: Outlook) -> Iterator[str]:
    if outlook.paying is not None:
        yield f"An extension to {when(outlook.paying.end)} is being paid; until then the old end stands."
        return
    if not outlook.block.owned:
        yield "Only the account that owns it can extend it."
        return
    if outlook.paying_trouble:
        yield f"Whether an extension is being paid is not known: {outlook.paying_trouble}."
    if outlook.can_be_extended:
        yield f"It can be extended until {when(outlook.last_extension_at)}."
        if outlook.now < outlook.surely_paid_before:
            yield f"Bought before {when(outlook.surely_paid_before)}, its payment has all the time that it may take."
    elif outlook.now < outlook.last_extension_at:
        yield f"It cannot be extended: a block lasts {MOST_DAYS} days at most."
    else:
        yield "It cannot be extended any more."
    if outlook.is_renewed and outlook.pool:
        at = outlook.block.end - outlook.renewal.lead
        yield (
            f"From {when(at)} on it is {RENEWED[outlook.renewal.mode]} without a question, for "
            f"{hours(outlook.renewal.duration or timedelta(0))} hours and at most "
            f"{money.shown(outlook.renewal.most_fee)}, if at least {outlook.renewal.min_utilization} % of it is known "
            "to be in use."
        )


def _on_offer(outlook: Outlook) -> Iterator[str]:
    if outlook.paying is not None:
        return
    for kind, heading in ((OfferKind.EXTENSION, "To extend it"), (OfferKind.NEW_BLOCK, "New blocks")):
        of_kind = (each for each in outlook.on_sale if each.kind is kind)
        offers = sorted(of_kind, key=lambda each: (each.offering.duration, each.offering.start, each.fee))
        if offers:
            age = span(outlook.now - min(each.found_at for each in offers))
            yield f"{heading}, as of {age} ago:\n" + listed(_line(outlook, each) for each in offers)
        else:
            yield _nothing_on_offer(outlook, kind)
    troubles = (f"{each.want.kind.value}s not looked up: {each.trouble}" for each in outlook.found if each.trouble)
    yield listed(dict.fromkeys(troubles))


def _nothing_on_offer(outlook: Outlook, kind: OfferKind) -> str:
    """Say that nothing of a kind was on sale only if a look found that, and when; else why it is not known."""
    if kind is OfferKind.EXTENSION and not outlook.can_be_extended:
        return ""
    if kind is OfferKind.NEW_BLOCK and not can_be_asked_for(outlook.block):
        why = "how large it is" if outlook.block.ultraserver is False else "which UltraServer, if any, it is of"
        return f"New blocks are not looked up: it is not known {why}."
    of_kind = [each for each in outlook.found if each.want.kind is kind]
    looks = [each for each in of_kind if not each.trouble]
    if not looks:
        return "" if of_kind else f"{kind.value.capitalize()}s were not looked up yet."
    lengths = " or ".join(span(each) for each in sorted({look.want.duration for look in looks}))
    where = " around its end" if kind is OfferKind.NEW_BLOCK else ""
    late = " that can still be bought" if any(each.offerings for each in looks) else ""
    age = span(outlook.now - min(each.at for each in looks))
    return f"No {kind.value} of {lengths} was on sale{where}{late}, as of {age} ago."


def _line(outlook: Outlook, offer: Offer) -> str:
    by_hour = "" if offer.rate is None else f", {rate(offer.rate)} per {offer.offering.unit.value}"
    objections = "".join(f"; {each}" for each in outlook.objections(offer))
    length = span(offer.offering.duration)
    if offer.kind is OfferKind.EXTENSION:
        return f"{length} for {money.shown(offer.fee)}{by_hour}: until {when(offer.offering.end)}, no gap{objections}"
    zone = offer.offering.whole.availability_zone
    place = f"in {zone}, a move" if offer.is_move else "in the same zone"
    pause = offer.offering.start - outlook.timeline.drain_at
    nothing = f"; from the drain on nothing is there for {span(pause)}" if pause > timedelta(0) else ""
    start = f"from {when(offer.offering.start)}, {offered(offer.gap)}{nothing}"
    return f"{length} for {money.shown(offer.fee)}{by_hour}: {start}, {place}{objections}"


def _advice(outlook: Outlook) -> str:
    if outlook.is_idle:
        usage, below = outlook.judged, outlook.settings.idle_below
        figures = [
            f"{percent(each)} {what}"
            for each, what in ((usage.instances, "of its instances in use"), (usage.accelerators, "accelerators busy"))
            if each is not None and each < below
        ]
        return f"It is hardly used ({', '.join(figures)}; the limit is {below} %): extending it is not recommended."
    if (best := outlook.best) is None:
        return ""
    length = span(best.offering.duration)
    what = f"extend it by {length}" if best.kind is OfferKind.EXTENSION else f"buy the new block for {length}"
    why = "the least fee for a usable hour" + (" without a gap" if best.is_without_gap else ", as all have a gap")
    return f"Recommended: {what}, {why}."


def _next_step(outlook: Outlook) -> str:
    if outlook.paying is not None:
        return "Wait for the payment; if it fails, there is a notice."
    if outlook.is_idle:
        return "Nothing, to let it end; or give it work."
    way = "Extend it, or buy a block that follows" if outlook.can_be_extended else "Buy a block that follows"
    return f"{way}; or nothing, to let it end."


def _facts(outlook: Outlook) -> Iterator[tuple[str, str]]:
    yield "Ends", when(outlook.block.end)
    if outlook.paying is None and outlook.can_be_extended:
        yield "Extend until", when(outlook.last_extension_at)
    if outlook.budget_left is not None:
        yield "Budget left", money.shown(outlook.budget_left)
    yield from _uses(outlook)


def _uses(outlook: Outlook) -> Iterator[tuple[str, str]]:
    if outlook.usage.instances is not None:
        yield "Used", f"{percent(outlook.usage.instances)} over the last day"
