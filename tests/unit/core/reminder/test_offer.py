"""Which offerings could continue a block, and how they compare."""

from datetime import timedelta
from decimal import Decimal

from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.reminder.found import Found, Want, from_document, to_document
from capacity_blocks.core.reminder.offer import Offer, OfferKind, best, kept
from tests.factories import at
from tests.unit.core.purchase.shapes import a_segment
from tests.unit.core.reminder.shapes import (
    DAY,
    END,
    FEE,
    HOUR,
    MINUTE,
    NOW,
    a_block,
    a_new_block,
    an_extension,
    an_offer,
)

BLOCK = a_block()


def shown(*offerings: Offering) -> list[str]:
    return [each.offering.offering_id for each in kept(BLOCK, OfferKind.NEW_BLOCK, offerings, NOW)]


def test_an_extension_has_neither_gap_nor_move_and_all_its_hours() -> None:
    offer = an_offer(an_extension())

    assert (offer.gap, offer.is_without_gap, offer.is_move) == (timedelta(0), True, False)
    assert offer.rate == FEE / (64 * 24)


def test_a_new_block_loses_the_half_hour_in_which_it_is_taken_back() -> None:
    assert an_offer(a_new_block()).rate == FEE / (64 * Decimal("23.5"))


def test_gap_overlap_and_move_are_those_to_the_block() -> None:
    assert an_offer(a_new_block(HOUR)).gap == HOUR
    assert not an_offer(a_new_block(MINUTE)).is_without_gap
    assert an_offer(a_new_block(-HOUR)).gap == -HOUR
    assert an_offer(a_new_block(availability_zone="us-east-2b")).is_move


def test_what_follows_most_closely_is_shown_and_what_is_cheaper() -> None:
    early, close, dear = a_new_block(-DAY), a_new_block(-HOUR), a_new_block(fee=FEE + 1)

    assert shown(early, close, dear) == [dear.offering_id, early.offering_id]
    assert shown(early, close) == [close.offering_id]


def test_of_two_alike_the_one_in_the_same_zone_is_shown() -> None:
    move = a_new_block(availability_zone="us-east-2b", offering_id="cb-0")

    assert shown(move, a_new_block(offering_id="cb-1")) == ["cb-1"]


def test_without_one_that_has_no_gap_the_cheapest_is_shown() -> None:
    assert shown(a_new_block(2 * DAY, fee=FEE - 1), a_new_block(DAY)) == ["cb-2880-1"]


def test_what_comes_too_late_has_no_fee_or_is_in_pieces_continues_nothing() -> None:
    pieces = tuple(a_segment(start=END + n * DAY, end=END + (n + 1) * DAY) for n in range(2))
    in_pieces = Offering(offering_id="cb-2", region="us-east-2", whole=pieces[0], segments=pieces)

    assert shown(a_new_block(3 * DAY + MINUTE), a_new_block(fee=None), in_pieces) == []
    assert shown(a_new_block(3 * DAY)) == ["cb-4320-1"]
    assert shown() == []


def test_best_is_without_a_gap_first_and_then_cheap() -> None:
    cheap_with_gap = an_offer(a_new_block(HOUR, fee=FEE - 1000))
    cheap, dear = an_offer(a_new_block(fee=FEE - 1000)), an_offer()

    assert best([dear, cheap_with_gap]) == dear
    assert best([dear, cheap_with_gap, cheap]) == cheap
    assert best([cheap_with_gap]) == cheap_with_gap
    assert best([]) is None


def test_what_was_found_is_kept_and_read_as_it_was() -> None:
    want = Want(reservation_id="cr-0a", end=END, kind=OfferKind.EXTENSION, duration=7 * DAY)
    found = Found(want=want, at=NOW, offerings=(an_extension(7), a_new_block(HOUR)), trouble="something")

    assert from_document(to_document(found)) == found
    assert want.key == "cr-0a#20260615T1130Z#extension#168"
    assert found.offers(BLOCK) == (
        Offer(kind=OfferKind.EXTENSION, block=BLOCK, offering=an_extension(7), found_at=NOW),
    )


def test_a_row_of_another_end_has_another_key() -> None:
    keys = {
        Want(reservation_id="cr-0a", end=end, kind=kind, duration=duration).key
        for end in (END, at("2026-06-16T11:30"))
        for kind in OfferKind
        for duration in (DAY, 7 * DAY)
    }

    assert len(keys) == 8
