"""What stops a purchase: each guard alone, all of them together, and nothing where nothing is wrong."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.purchase.budget import Book, commit, release
from capacity_blocks.core.purchase.guard import (
    ASK_AGAIN,
    Circumstances,
    Guard,
    Violation,
    before_asking,
    before_buying,
)
from capacity_blocks.core.purchase.intent import Intent, IntentState, moved
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.request import UltraServers
from capacity_blocks.core.reservation import Reservation, ReservationState
from tests.factories import REGION, a_reservation, at
from tests.unit.core.purchase.intents import (
    a_book,
    an_approval,
    an_approved_intent,
    an_intent,
    an_intent_in,
    circumstances,
    some_terms,
)
from tests.unit.core.purchase.shapes import ALICE, BOB, END, MALLORY, NOW, START, a_request, an_offering, some_settings

INTENT = an_approved_intent()
ON_SALE = [an_offering("cb-1f")]  # the same capacity, under a new id
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
S = IntentState


def known(**changes: Any) -> Circumstances:
    return circumstances(INTENT, **changes)


def block(**changes: Any) -> Reservation:
    """Return a block of the pool that is held while the offering would be."""
    given: dict[str, Any] = {"start": START - DAY, "end": START + DAY, "tags": {tag.POOL: "training"}}
    return a_reservation(**(given | changes))


def test_nothing_speaks_against_what_was_asked_for_and_approved() -> None:
    assert before_asking(circumstances(), an_intent()) == ()
    assert before_buying(known(), INTENT, ON_SALE) == ()


SPENDING_OFF = "spending is not switched on: EnablePurchases=true, ObserveOnly=false and the parameter for it do that"
HELD = "cr-0a (scheduled) is held from 2026-05-03 11:30 UTC to 2026-05-05 11:30 UTC"
BESIDE_IT = "cr-0a (scheduled) is held from 2026-05-01 11:30 UTC to 2026-05-02 11:30 UTC"
ALWAYS: dict[str, tuple[Circumstances, Guard, str]] = {
    "spending is off": (known(spending=False), Guard.SPENDING_OFF, SPENDING_OFF),
    "whether spending is on is not known": (
        known(spending=None), Guard.SPENDING_OFF, "whether spending is switched on could not be read"
    ),
    "a dry run": (known(request=a_request(dry_run=True)), Guard.SPENDING_OFF, "this is a dry run"),
    "the kill switch": (known(killed=True), Guard.KILLED, "the kill switch is pulled: nothing is bought for any pool"),
    "an unknown kill switch": (known(killed=None), Guard.KILLED, "whether the kill switch is pulled could not be read"),
    "no settings": (known(settings=None), Guard.NO_SETTINGS, "pool training has no section money that can be read"),
    "another request": (
        known(request=a_request(request_id="june")), Guard.OTHER_REQUEST,
        "it belongs to request may-training, not to june",
    ),
    "other tags": (
        known(request=a_request(tags=(("Name", "x"),))), Guard.OTHER_REQUEST,
        "its pool, platform or tags are not those of the request",
    ),
    "over the request's cap": (
        known(request=a_request(most_upfront_fee=Decimal(41999))), Guard.UNFIT,
        "its fee of $42,000 is over the request's $41,999",
    ),
    "over the pool's cap": (
        known(settings=some_settings(most_per_purchase=Decimal(41999))), Guard.UNFIT,
        "its fee of $42,000 is over the pool's $41,999",
    ),
    "no subnet any more": (known(places=()), Guard.UNFIT, "no target of the pool has a subnet in us-east-2a"),
    "subnets not known": (
        known(places=None), Guard.UNFIT, "whether the pool has a subnet in us-east-2a could not be found out"
    ),
    "over the month's budget": (
        known(settings=some_settings(monthly_budget=Decimal(41999))), Guard.BUDGET,
        "$42,000 more, over $0 reserved and $0 spent in 2026-04, is over the pool's monthly budget of $41,999",
    ),
    "over what the pool may hold": (
        known(settings=some_settings(most_per_pool=Decimal(41999))), Guard.BUDGET,
        "$42,000 more, over $0 in blocks that have not ended, is over the $41,999 that the pool may hold",
    ),
    "budget not known": (known(book=None), Guard.BUDGET, "what the pool has spent could not be read"),
    "the budget of another pool": (
        known(book=replace(a_book(INTENT), pool="research")), Guard.BUDGET, "what the pool has spent could not be read"
    ),
    "blocks not known": (known(blocks=None), Guard.COVERED, "which blocks the pool has could not be found out"),
    "a block in the way": (
        known(blocks=(block(),)), Guard.COVERED, f"{HELD} and overlaps with it; may_overlap allows both"
    ),
    "a block that is the one asked for": (
        known(blocks=(block(start=at("2026-05-01T11:30"), end=at("2026-05-02T11:30")),),
              request=a_request(least_duration=DAY)),
        Guard.COVERED,
        f"{BESIDE_IT} and is what the request asks for; may_overlap allows both",
    ),
    "a block of this request": (
        known(blocks=(block(tags={tag.INTENT: INTENT.intent_id}),), request=a_request(may_overlap=True)),
        Guard.BOUGHT_BEFORE, "cr-0a was bought for this request",
    ),
    "another intent that may have bought": (
        known(siblings=(replace(an_intent_in(S.UNKNOWN), number=7),)), Guard.BOUGHT_BEFORE,
        f"may-training-7-{INTENT.terms.hash[:16]} of this request is unknown",
    ),
    "other intents not known": (
        known(siblings=None), Guard.BOUGHT_BEFORE, "the request's other intents could not be read"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("circumstances_", "guard", "reason"), ALWAYS.values(), ids=ALWAYS.keys())
def test_a_guard_stops_both_the_question_and_the_purchase(
    circumstances_: Circumstances, guard: Guard, reason: str
) -> None:
    for violations in (before_asking(circumstances_, INTENT), before_buying(circumstances_, INTENT, ON_SALE)):
        assert (guard, reason) in {(each.guard, each.reason) for each in violations}
        assert {each.guard for each in violations} <= {guard, Guard.NOT_RESERVED}


def test_every_guard_that_is_violated_is_named() -> None:
    nothing = circumstances(
        spending=None, killed=None, settings=None, places=None, blocks=None, siblings=None, book=None
    )

    assert {each.guard for each in before_buying(nothing, an_intent(), None)} == {
        Guard.SPENDING_OFF, Guard.KILLED, Guard.NO_SETTINGS, Guard.UNFIT, Guard.COVERED, Guard.BOUGHT_BEFORE,
        Guard.BUDGET, Guard.NOT_RESERVED, Guard.NOT_APPROVED, Guard.GONE,
    }  # fmt: skip


def test_an_extension_is_not_bought_for_a_request_for_a_block() -> None:
    longer = an_approved_intent(an_offering("cbe-0a", extends="cr-0a"))
    reasons = {each.reason for each in before_buying(circumstances(longer), longer, [longer.terms.offering])}

    assert reasons == {"it is an extension, and the request is for a block of its own"}


COVERED: dict[str, tuple[Reservation, bool]] = {
    "scheduled": (block(state=ReservationState.SCHEDULED), True),
    "waiting for its payment": (block(state=ReservationState.PAYMENT_PENDING), True),
    "active": (block(state=ReservationState.ACTIVE), True),
    "in a state that EC2 has added": (block(state=ReservationState.UNRECOGNISED), True),
    "of another type": (block(instance_type="p4d.24xlarge"), True),
    "of a payment that failed": (block(state=ReservationState.PAYMENT_FAILED), False),
    "expired": (block(state=ReservationState.EXPIRED), False),
    "ending as the offering starts": (block(end=START), False),
    "ending a minute later": (block(end=START + HOUR / 60), True),
    "starting as the offering ends": (block(start=END, end=END + DAY), False),
    "as asked for, but past the end of the window": (block(start=END, end=END + 7 * DAY), False),
}  # fmt: skip


@pytest.mark.parametrize(("held", "expected"), COVERED.values(), ids=COVERED.keys())
def test_which_blocks_cover_a_request(held: Reservation, expected: bool) -> None:
    covered = [each for each in before_asking(known(blocks=(held,)), INTENT) if each.guard is Guard.COVERED]

    assert bool(covered) == expected
    allowed = known(blocks=(held,), request=a_request(may_overlap=True))
    assert before_asking(allowed, INTENT) == ()


SERVERS = a_request(wanted=UltraServers(type="u-p6e-gb200x72", count=1), least_duration=DAY)
BESIDE: dict[str, Any] = {"start": at("2026-05-02T11:30"), "end": at("2026-05-03T11:30")}
AS_ASKED: dict[str, tuple[Any, Reservation, bool]] = {
    "a block that is enough": (a_request(least_duration=DAY), block(**BESIDE), True),
    "a block whose size is not told": (a_request(least_duration=DAY), block(instance_count=0, **BESIDE), True),
    "too small a block": (a_request(least_duration=DAY), block(instance_count=7, **BESIDE), False),
    "too short a block": (a_request(), block(**BESIDE), False),
    "another type": (a_request(least_duration=DAY), block(instance_type="p4d.24xlarge", **BESIDE), False),
    "an UltraServer": (SERVERS, block(ultraserver=True, **BESIDE), True),
    "perhaps an UltraServer": (SERVERS, block(ultraserver=None, **BESIDE), True),
    "no UltraServer": (SERVERS, block(ultraserver=False, **BESIDE), False),
    "one from the first instant of the window to its last": (
        a_request(least_duration=DAY, earliest_start=BESIDE["start"], latest_end=END),
        block(start=BESIDE["start"], end=BESIDE["start"] + DAY), True,
    ),
    "one that ends with the window": (
        a_request(least_duration=DAY, latest_end=at("2026-05-16T11:30")),
        block(start=at("2026-05-15T11:30"), end=at("2026-05-16T11:30")), True,
    ),
    "one that began before the request may": (
        a_request(least_duration=DAY, earliest_start=at("2026-05-03T00:00")), block(**BESIDE), False
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "held", "expected"), AS_ASKED.values(), ids=AS_ASKED.keys())
def test_a_block_beside_the_offering_covers_if_it_is_what_was_asked_for(
    request_: Any, held: Reservation, expected: bool
) -> None:
    violations = before_asking(known(request=request_, blocks=(held,)), INTENT)

    assert any(each.guard is Guard.COVERED for each in violations) == expected


@pytest.mark.parametrize("state", [S.ASKED, S.APPROVED, S.REJECTED, S.REFUSED, S.CLOSED], ids=str)
def test_an_intent_that_bought_nothing_is_not_in_the_way(state: IntentState) -> None:
    assert before_asking(known(siblings=(replace(an_intent(), number=2, state=state),)), INTENT) == ()


UNREADY: dict[str, tuple[Circumstances, Intent, Guard, str]] = {
    "never asked": (
        circumstances(an_intent()), an_intent(), Guard.NOT_APPROVED, "the intent is asked, not approved"
    ),
    "attempted before": (
        known(), moved(INTENT, S.ATTEMPTING, NOW, "x"), Guard.NOT_APPROVED, "the intent is attempting, not approved"
    ),
    "expired": (
        known(), replace(INTENT, expires_at=NOW), Guard.EXPIRED, "the approval held until 2026-04-20 09:00 UTC"
    ),
    "approved by nobody": (
        known(), replace(INTENT, approvals=()), Guard.NOT_APPROVED, "$42,000 takes 1 person and has 0"
    ),
    "approved by one who is not listed": (
        known(), replace(INTENT, approvals=(an_approval(INTENT, by=MALLORY),)), Guard.NOT_APPROVED,
        f"$42,000 takes 1 person and has 0; {MALLORY} is not one of the pool's approvers",
    ),
    "approved for other terms": (
        known(), replace(INTENT, approvals=(an_approval(INTENT, terms_hash="0a"),)), Guard.NOT_APPROVED,
        f"$42,000 takes 1 person and has 0; {ALICE} approved other terms",
    ),
    "approved by one of two": (
        known(settings=some_settings(two_approvers_above=Decimal(41999))), INTENT, Guard.NOT_APPROVED,
        "$42,000 takes 2 people and has 1",
    ),
    "approved twice by one of two": (
        known(settings=some_settings(two_approvers_above=Decimal(41999))),
        replace(INTENT, approvals=INTENT.approvals * 2), Guard.NOT_APPROVED, "$42,000 takes 2 people and has 1",
    ),
    "nothing reserved": (
        known(book=Book(pool="training")), INTENT, Guard.NOT_RESERVED, "$42,000 is not reserved for it in 2026-04"
    ),
    "released before": (
        known(book=release(NOW, a_book(INTENT), INTENT.intent_id)), INTENT, Guard.NOT_RESERVED,
        "$42,000 is not reserved for it in 2026-04",
    ),
    "spent before": (
        known(book=commit(a_book(INTENT), INTENT.intent_id)), INTENT, Guard.NOT_RESERVED,
        "$42,000 is not reserved for it in 2026-04",
    ),
    "reserved in another month": (
        known(book=a_book(INTENT, NOW - 30 * DAY)), INTENT, Guard.NOT_RESERVED,
        "$42,000 is not reserved for it in 2026-04",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("circumstances_", "intent", "guard", "reason"), UNREADY.values(), ids=UNREADY.keys())
def test_only_an_intent_that_is_approved_and_paid_for_in_the_budget_buys(
    circumstances_: Circumstances, intent: Intent, guard: Guard, reason: str
) -> None:
    found = {(each.guard, each.reason) for each in before_buying(circumstances_, intent, ON_SALE)}

    assert (guard, reason) in found


def test_two_people_are_enough_where_two_are_needed() -> None:
    both = replace(INTENT, approvals=(*INTENT.approvals, an_approval(INTENT, by=BOB)))

    assert before_buying(known(settings=some_settings(two_approvers_above=Decimal(0))), both, ON_SALE) == ()


def test_no_approval_is_needed_where_the_settings_say_so() -> None:
    intent = replace(INTENT, approvals=())

    assert before_buying(known(settings=some_settings(no_approval_up_to=Decimal(42000))), intent, ON_SALE) == ()


SALES: dict[str, tuple[list[Offering] | None, Violation | None]] = {
    "the same id, as approved": ([an_offering()], None),
    "cheaper now": ([an_offering("cb-1f", upfront_fee=Decimal(41999))], None),
    "one of two is as approved": ([an_offering("cb-2f", upfront_fee=Decimal(50000)), an_offering("cb-1f")], None),
    "unknown": (None, Violation(guard=Guard.GONE, reason="whether it is still on sale could not be found out")),
    "nothing": ([], Violation(guard=Guard.GONE, reason="cb-0a is no longer on sale")),
    "another zone": (
        [an_offering("cb-1f", availability_zone="us-east-2b")],
        Violation(guard=Guard.GONE, reason="cb-0a is no longer on sale"),
    ),
    "another start": (
        [an_offering("cb-1f", start=START + HOUR)], Violation(guard=Guard.GONE, reason="cb-0a is no longer on sale")
    ),
    "another region": (
        [an_offering("cb-1f", region="us-west-2")], Violation(guard=Guard.GONE, reason="cb-0a is no longer on sale")
    ),
    "a cent dearer": (
        [an_offering("cb-1f", upfront_fee=Decimal("42000.01"))],
        Violation(guard=Guard.CHANGED, reason="its fee is now $42,000.01, and $42,000 was approved"),
    ),
    "dearer under its own id, whatever others cost": (
        [an_offering(upfront_fee=Decimal(42001)), an_offering("cb-1f")],
        Violation(guard=Guard.CHANGED, reason="its fee is now $42,001, and $42,000 was approved"),
    ),
    "a fee that is no amount": (
        [an_offering("cb-1f", upfront_fee=None)],
        Violation(guard=Guard.CHANGED, reason="its fee is now not known, and $42,000 was approved"),
    ),
    "something else under its own id": (
        [an_offering(instance_count=7), an_offering("cb-1f")],
        Violation(guard=Guard.CHANGED, reason="cb-0a is no longer what was approved"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("on_sale", "expected"), SALES.values(), ids=SALES.keys())
def test_what_was_approved_must_be_on_sale_at_no_more(
    on_sale: list[Offering] | None, expected: Violation | None
) -> None:
    assert before_buying(known(), INTENT, on_sale) == (() if expected is None else (expected,))


def test_gone_dearer_and_expired_are_worth_a_new_question_and_the_rest_is_not() -> None:
    assert {Guard.GONE, Guard.CHANGED, Guard.EXPIRED} < ASK_AGAIN
    assert not ASK_AGAIN & {Guard.BOUGHT_BEFORE, Guard.COVERED, Guard.KILLED, Guard.SPENDING_OFF, Guard.BUDGET}


def test_nothing_is_asked_once_the_request_looks_no_more_and_what_was_asked_is_still_bought() -> None:
    over = a_request(look_until=NOW)

    assert before_asking(known(request=over), INTENT) == (
        Violation(guard=Guard.LOOK_UNTIL, reason="the request looks until 2026-04-20 09:00 UTC"),
    )
    assert before_asking(known(request=a_request(look_until=NOW + HOUR)), INTENT) == ()
    assert before_buying(known(request=over), INTENT, ON_SALE) == ()


def test_terms_that_were_changed_after_the_approval_are_not_bought() -> None:
    swapped = replace(INTENT, terms=some_terms(an_offering(upfront_fee=Decimal(42001))))

    guards = {each.guard for each in before_buying(known(), swapped, [an_offering(upfront_fee=Decimal(42001))])}

    assert guards == {Guard.NOT_APPROVED, Guard.NOT_RESERVED}


def test_a_block_of_another_pool_region_is_what_the_caller_says_it_is() -> None:
    there = block(region="eu-north-1")

    assert there.region != REGION
    assert [each.guard for each in before_asking(known(blocks=(there,)), INTENT)] == [Guard.COVERED]
