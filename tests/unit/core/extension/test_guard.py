"""What stops an extension: each guard alone, all of them together, and nothing where nothing is wrong."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.extension.guard import (
    Circumstances,
    before_asking,
    before_buying,
    before_offers,
    stands_in_the_way,
)
from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.core.purchase.intent import IntentState, moved
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.reservation import ReservationState
from tests.unit.core.extension.extending import (
    EXTENDED_NOW,
    NEW_END,
    a_block,
    a_record,
    an_approved_extension,
    an_extension,
    an_extension_in,
    an_extension_request,
    around,
    more_time,
)
from tests.unit.core.purchase.shapes import END, MALLORY, START, some_settings

INTENT = an_approved_extension()
ON_SALE = [more_time("cbe-1f")]  # the same time, under a new id
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
S = IntentState


def known(**changes: Any) -> Circumstances:
    return around(INTENT, **changes)


def test_nothing_speaks_against_what_was_asked_for_and_approved() -> None:
    assert before_offers(around()) == ()
    assert before_asking(around(), an_extension()) == ()
    assert before_buying(known(), INTENT, ON_SALE) == ()


OF_THE_BLOCK: dict[str, tuple[Circumstances, Guard, str]] = {
    "spending is off": (
        known(spending=False),
        Guard.SPENDING_OFF,
        "spending is not switched on: EnablePurchases=true, ObserveOnly=false and the parameter for it do that",
    ),
    "the kill switch": (known(killed=True), Guard.KILLED, "the kill switch is pulled: nothing is bought for any pool"),
    "an unknown switch": (known(killed=None), Guard.KILLED, "whether the kill switch is pulled could not be read"),
    "no settings": (known(settings=None), Guard.NO_SETTINGS, "pool training has no section money that can be read"),
    "a block that cannot be read": (known(block=None), Guard.STATE, "how cr-0a stands could not be found out"),
    "no block": (known(block=()), Guard.STATE, "EC2 lists no cr-0a in us-east-2"),
    "a block of another account": (
        known(block=a_block(owned=False)),
        Guard.NOT_OURS,
        "cr-0a belongs to another account: only its owner can extend it",
    ),
    "a block without our tag": (
        known(block=a_block(tags={})),
        Guard.NOT_OURS,
        "cr-0a does not carry the tag of pool training any more",
    ),
    "a block of another pool": (
        known(block=a_block(tags={"capacity-blocks:pool": "research"})),
        Guard.NOT_OURS,
        "cr-0a does not carry the tag of pool training any more",
    ),
    "an end that has moved": (
        known(block=a_block(end=NEW_END)),
        Guard.END_MOVED,
        "cr-0a ends at 2026-05-18 11:30 UTC now, and not at 2026-05-11 11:30 UTC",
    ),
    "too late": (
        known(now=END - HOUR + timedelta(seconds=1)),
        Guard.WINDOW,
        "EC2 sells more time until an hour before the end, 2026-05-11 10:30 UTC",
    ),
    "too early": (
        known(now=END - 56 * DAY - timedelta(seconds=1)),
        Guard.WINDOW,
        "EC2 sells more time from 56 days before the end on, 2026-03-16 11:30 UTC",
    ),
    "an unknown history": (known(history=None), Guard.PENDING, "which extensions the block has could not be found out"),
    "an extension that is being paid": (
        known(history=(a_record(end=NEW_END + DAY),)),
        Guard.PENDING,
        "an extension of it until 2026-05-19 11:30 UTC (cbe-0a) is payment-pending",
    ),
    "an extension in a state that is new": (
        known(history=(a_record(status=ExtensionStatus.UNRECOGNISED),)),
        Guard.PENDING,
        "an extension of it until 2026-05-18 11:30 UTC (cbe-0a) is unrecognised",
    ),
    "an extension that is paid, before the end shows it": (
        known(history=(a_record(status=ExtensionStatus.PAYMENT_SUCCEEDED),)),
        Guard.END_MOVED,
        "it was extended beyond 2026-05-11 11:30 UTC already, until 2026-05-18 11:30 UTC",
    ),
    "intents that cannot be read": (
        known(siblings=None),
        Guard.BOUGHT_BEFORE,
        "the request's other intents could not be read",
    ),
}


@pytest.mark.parametrize(("circumstances", "guard", "reason"), OF_THE_BLOCK.values(), ids=OF_THE_BLOCK.keys())
def test_a_guard_stops_the_look_the_question_and_the_purchase(
    circumstances: Circumstances, guard: Guard, reason: str
) -> None:
    for violations in (
        before_offers(circumstances),
        before_asking(circumstances, INTENT),
        before_buying(circumstances, INTENT, ON_SALE),
    ):
        assert (guard, reason) in {(each.guard, each.reason) for each in violations}
        # An approval is for a time; and what is reserved is so for a month.
        assert {each.guard for each in violations} <= {guard, Guard.EXPIRED, Guard.NOT_RESERVED}


@pytest.mark.parametrize("now", [END - 56 * DAY, END - HOUR])
def test_the_first_and_the_last_instant_are_within_the_window(now: Any) -> None:
    assert before_offers(around(now=now)) == ()


@pytest.mark.parametrize("state", ReservationState, ids=str)
def test_a_block_is_extended_while_it_is_scheduled_or_active(state: ReservationState) -> None:
    stopped = {each.guard for each in before_offers(around(block=a_block(state=state)))}

    assert stopped == (set() if state in {ReservationState.ACTIVE, ReservationState.SCHEDULED} else {Guard.STATE})


def test_extensions_before_are_no_obstacle_nor_is_one_whose_payment_failed() -> None:
    earlier = a_record(status=ExtensionStatus.PAYMENT_SUCCEEDED, start=START, end=END)
    failed = a_record(status=ExtensionStatus.PAYMENT_FAILED)

    assert before_offers(around(history=(earlier, failed))) == ()


UNFIT: dict[str, tuple[Offering, str]] = {
    "no fee": (more_time(upfront_fee=Decimal(0)), "EC2 named no fee that is an amount above 0"),
    "another currency": (more_time(currency="CNY"), "its fee is in CNY, and caps are in USD"),
    "another start": (
        more_time(start=END + HOUR, end=NEW_END + HOUR),
        "it starts at 2026-05-11 12:30 UTC, and the block ends at 2026-05-11 11:30 UTC",
    ),
    "fewer hours": (more_time(end=NEW_END - HOUR), "it has 167 hours, and 168 are wanted"),
    "more hours": (more_time(end=NEW_END + DAY), "it has 192 hours, and 168 are wanted"),
    "another type": (
        more_time(instance_type="p5e.48xlarge"),
        "it is for p5e.48xlarge in us-east-2a, which cr-0a is not",
    ),
    "another zone": (
        more_time(availability_zone="us-east-2b"),
        "it is for p5.48xlarge in us-east-2b, which cr-0a is not",
    ),
    "another size": (more_time(instance_count=16), "it is for 16 instances, and the block has 8"),
    "over the pool's cap": (
        more_time(upfront_fee=Decimal("60000.01")),
        "its fee of $60,000.01 is over the pool's $60,000",
    ),
}


@pytest.mark.parametrize(("offering", "reason"), UNFIT.values(), ids=UNFIT.keys())
def test_an_offering_must_be_what_was_asked_for(offering: Offering, reason: str) -> None:
    assert [each.reason for each in before_asking(around(), an_extension(offering))] == [reason]


def test_the_caps_of_the_request_and_of_an_hour_hold() -> None:
    request = an_extension_request(most_fee=Decimal(42297))
    settings = some_settings(most_per_gpu_hour=Decimal("3.9"))

    assert [each.reason for each in before_asking(around(request=request, settings=settings), an_extension())] == [
        "its fee of $42,297.50 is over the request's $42,297",
        "its $3.934 per usable GPU-hour is over the pool's $3.90 per usable GPU-hour",
    ]


def test_a_block_lasts_no_longer_than_182_days_in_all() -> None:
    longest = a_block(start=NEW_END - 182 * DAY)
    longer = a_block(start=NEW_END - 182 * DAY - MINUTE)

    assert before_asking(around(block=longest), an_extension()) == ()
    assert [each.reason for each in before_asking(around(block=longer), an_extension())] == [
        "the block would last from 2025-11-17 11:29 UTC to 2026-05-18 11:30 UTC, more than 182 days"
    ]


def test_a_size_that_ec2_does_not_tell_is_no_other_one() -> None:
    assert before_asking(around(block=a_block(instance_count=0)), an_extension()) == ()


SIBLINGS: dict[IntentState, tuple[bool, bool]] = {  # whether one more may be asked for by a person, and by nobody
    S.ASKED: (True, True),
    S.APPROVED: (True, True),
    S.REJECTED: (True, False),
    S.CLOSED: (True, True),
    S.REFUSED: (True, True),
    S.PAYMENT_FAILED: (True, False),
    S.ATTEMPTING: (False, False),
    S.UNKNOWN: (False, False),
    S.NOT_FOUND: (False, False),
    S.BOUGHT: (False, False),
    S.ADOPTED: (False, False),
    S.PAYMENT_PENDING: (False, False),
    S.PAID: (False, False),
}


@pytest.mark.parametrize(("state", "allowed"), SIBLINGS.items(), ids=str)
def test_beyond_an_end_one_extension_is_bought(state: IntentState, allowed: tuple[bool, bool]) -> None:
    sibling, request = an_extension_in(state), an_extension_request(automatic=True)

    by_a_person = before_offers(around(siblings=(sibling,)))
    by_nobody = before_offers(around(siblings=(sibling,), request=request))

    assert ((not by_a_person), (not by_nobody)) == allowed
    assert {each.guard for each in (*by_a_person, *by_nobody)} <= {Guard.BOUGHT_BEFORE}
    assert stands_in_the_way(sibling) is not allowed[0]


def test_a_state_that_a_later_version_wrote_forbids_another() -> None:
    assert stands_in_the_way(replace(an_extension(), state=S.UNRECOGNISED))


@pytest.mark.parametrize("state", S)
def test_beyond_a_new_end_nothing_is_bought_before_it_is_known_what_moved_the_old_one(state: IntentState) -> None:
    other = replace(an_extension(), state=state, request_id="extend-cr-0a-20260504t1130z")

    found = before_offers(around(elsewhere=(other,)))

    open_still = {S.ATTEMPTING, S.UNKNOWN, S.NOT_FOUND, S.BOUGHT, S.ADOPTED, S.PAYMENT_PENDING, S.UNRECOGNISED}
    reason = f"{other.intent_id}, which extends it until 2026-05-18 11:30 UTC, is {state.value}"
    assert found == ((Violation(guard=Guard.PENDING, reason=reason),) if state in open_still else ())


def test_what_a_person_found_not_to_be_bought_is_tried_again_by_people_alone() -> None:
    lost = moved(an_extension_in(S.NOT_FOUND), S.CLOSED, EXTENDED_NOW, "a person found that nothing was bought")

    assert before_offers(around(siblings=(lost,))) == ()
    assert before_offers(around(siblings=(lost,), request=an_extension_request(automatic=True))) != ()


def test_what_nobody_asked_for_is_not_bought_beside_a_block_that_follows() -> None:
    follows = a_block(reservation_id="cr-0b", state=ReservationState.SCHEDULED, start=END, end=NEW_END)
    automatic = an_extension_request(automatic=True)

    assert before_asking(around(others=(follows,)), an_extension()) == ()
    assert [each.reason for each in before_asking(around(others=(follows,), request=automatic), an_extension())] == [
        "cr-0b (scheduled) is held from 2026-05-11 11:30 UTC to 2026-05-18 11:30 UTC; nobody asked for both"
    ]
    assert before_asking(around(others=None, request=automatic), an_extension()) != ()


BESIDE: dict[str, dict[str, Any]] = {
    "it starts when the extension ends": {"start": NEW_END, "end": NEW_END + DAY},
    "its payment failed": {"state": ReservationState.PAYMENT_FAILED},
    "it ends with this one": {"start": START, "end": END},
    "it began with this one and ends later": {"start": START},
    "it runs beside this one for longer than a hand-over takes": {"start": END - DAY - MINUTE},
    "it is of another type": {"instance_type": "p4d.24xlarge"},
}


@pytest.mark.parametrize("changes", BESIDE.values(), ids=BESIDE.keys())
def test_a_block_that_does_not_follow_keeps_none_from_being_extended(changes: dict[str, Any]) -> None:
    scheduled = {"reservation_id": "cr-0b", "state": ReservationState.SCHEDULED, "start": END, "end": NEW_END}
    beside = a_block(**(scheduled | changes))

    assert before_asking(around(others=(beside,), request=an_extension_request(automatic=True)), an_extension()) == ()


def test_a_block_that_follows_another_one_is_not_counted_twice() -> None:
    twin = a_block(reservation_id="cr-00")
    follows = a_block(reservation_id="cr-0b", state=ReservationState.SCHEDULED, start=END, end=NEW_END)
    automatic = an_extension_request(automatic=True)

    assert before_asking(around(others=(twin, follows), request=automatic), an_extension()) == ()
    assert before_asking(around(others=(replace(twin, instance_count=4), follows), request=automatic), an_extension())


LAST: dict[str, tuple[Any, Guard]] = {
    "not approved": ((known(), an_extension(), ON_SALE), Guard.NOT_APPROVED),
    "not reserved": ((around(), INTENT, ON_SALE), Guard.NOT_RESERVED),
    "approved by a stranger": (
        (known(), replace(INTENT, approvals=(replace(INTENT.approvals[0], by=MALLORY),)), ON_SALE),
        Guard.NOT_APPROVED,
    ),
    "gone": ((known(), INTENT, []), Guard.GONE),
    "not told": ((known(), INTENT, None), Guard.GONE),
    "dearer": ((known(), INTENT, [more_time(upfront_fee=Decimal(43000))]), Guard.CHANGED),
    "for another block": ((known(), INTENT, [more_time("cbe-1f", extends="cr-0b")]), Guard.GONE),
}


@pytest.mark.parametrize(("given", "guard"), LAST.values(), ids=LAST.keys())
def test_right_before_it_buys_it_is_reserved_approved_and_on_sale(given: Any, guard: Guard) -> None:
    assert {each.guard for each in before_buying(*given)} >= {guard}
    assert {each.guard for each in before_buying(*given)} <= {guard, Guard.NOT_RESERVED}


def test_an_intent_for_another_block_or_end_is_not_bought() -> None:
    other = an_extension(more_time(extends="cr-0b"))

    assert [each.reason for each in before_asking(around(), other)] == [
        "it is an intent of extend-cr-0a-20260511t1130z for cr-0b, and not of extend-cr-0a-20260511t1130z"
    ]


def test_every_guard_that_is_violated_is_named() -> None:
    nothing = around(spending=None, killed=None, settings=None, siblings=None, book=None, block=None, history=None)

    assert {each.guard for each in before_buying(nothing, an_extension(), None)} == {
        Guard.SPENDING_OFF,
        Guard.KILLED,
        Guard.NO_SETTINGS,
        Guard.STATE,
        Guard.PENDING,
        Guard.BOUGHT_BEFORE,
        Guard.BUDGET,
        Guard.NOT_RESERVED,
        Guard.NOT_APPROVED,
        Guard.GONE,
    }
