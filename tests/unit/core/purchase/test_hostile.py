"""Whatever EC2 offers, whoever answers and whatever is changed in between: what is bought is within every bound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.budget import Book, BudgetError, Entry, Standing, reserve
from capacity_blocks.core.purchase.decision import approve, approve_by_settings
from capacity_blocks.core.purchase.guard import Circumstances, Violation, before_asking, before_buying
from capacity_blocks.core.purchase.intent import Intent, IntentState, TransitionError, ask, moved
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.ranking import rank
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest
from capacity_blocks.core.purchase.segment import Segment
from capacity_blocks.core.reservation import Reservation, ReservationState
from tests.factories import REGION, a_reservation, at
from tests.unit.core.purchase.intents import a_query, some_terms
from tests.unit.core.purchase.shapes import (
    ALICE,
    BOB,
    MALLORY,
    NOW,
    PLACE,
    START,
    a_request,
    a_segment,
    an_offering,
    some_settings,
)

T = TypeVar("T")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GPUS = {"p5.48xlarge": 8, "p5e.48xlarge": 8, "p5.4xlarge": 1}  # by the data sheet; written out, not looked up
FEES = [Decimal(n) for n in (1, 20000, 41999, 42000, 42001, 60000, 60001, 10**8)]


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A purchase, with everything that was true at its instant."""

    now: datetime
    intent: Intent
    request: PurchaseRequest
    money: MoneySettings
    book: Book
    blocks: Sequence[Reservation]


def mostly(chance: Random, sound: T, *odd: T) -> T:
    """Return what is sound, and one of the others now and then: too many at once would hide each other."""
    return sound if chance.random() < 0.93 else chance.choice(odd)


def a_hostile_offering(chance: Random, offering_id: str) -> Offering:
    """Return an offering that may lie, or be anything but what was asked for."""
    start = START + mostly(chance, 0, -4, 1, 8) * DAY + mostly(chance, 0, 5) * HOUR
    whole = a_segment(
        instance_type=mostly(chance, "p5.48xlarge", "p5e.48xlarge", "p5.4xlarge", "p9.48xlarge"),
        instance_count=mostly(chance, 8, 4, 16, 0, -8),
        availability_zone=mostly(chance, "us-east-2a", "us-east-2b", "us-west-2a"),
        availability_zone_id=chance.choice([None, mostly(chance, "use2-az1", "use2-az3")]),
        start=start,
        end=start + mostly(chance, 168, 163, 187, 24, 0, -24, 10**4) * HOUR,
        upfront_fee=mostly(chance, chance.choice(FEES[1:6]), *FEES, None, Decimal(0)),
        currency=mostly(chance, "USD", "CNY", None),
    )
    return Offering(
        offering_id=offering_id,
        region=mostly(chance, REGION, "us-west-2"),
        whole=whole,
        segments=some_segments(chance, whole),
        tenancy=mostly(chance, "default", "dedicated"),
        ultraserver_type=mostly(chance, None, "u-trn2x64"),
    )


def some_segments(chance: Random, whole: Segment) -> tuple[Segment, ...]:
    kind = chance.choice(["none", "none", "same", "split", "row", mostly(chance, "none", "other")])
    if kind == "same":
        return (whole,)
    if kind == "other":
        return (replace(whole, instance_count=chance.choice([4, 64]), end=whole.end + DAY),)
    if kind == "split":
        half = replace(whole, instance_count=whole.instance_count // 2, upfront_fee=chance.choice(FEES[:3]))
        return (half, replace(half, availability_zone=mostly(chance, half.availability_zone, "us-east-2b")))
    if kind == "row":
        middle = whole.start + (whole.end - whole.start) / 2
        return (replace(whole, end=middle), replace(whole, start=middle + mostly(chance, 0, 1) * DAY))
    return ()


def a_wish(chance: Random) -> PurchaseRequest:
    return a_request(
        wanted=Instances(
            types=chance.choice([("p5.48xlarge",), ("p5e.48xlarge", "p5.48xlarge")]),
            least=chance.choice([8, 4]),
            most=8,
        ),
        least_duration=chance.choice([168, 160]) * HOUR,
        most_duration=chance.choice([168, 190]) * HOUR,
        earliest_start=mostly(chance, at("2026-05-01T00:00"), None, at("2026-05-05T00:00")),
        latest_end=at("2026-05-16T00:00"),
        most_upfront_fee=mostly(chance, Decimal(60000), Decimal(42000), Decimal(10**6)),
        most_per_gpu_hour=mostly(chance, None, Decimal("3.95"), Decimal(5)),
        zones=mostly(chance, (), ("us-east-2a",), ("use2-az1",), ("us-east-2b",)),
        several_segments=chance.random() < 0.6,
        may_overlap=chance.random() < 0.3,
        look_until=mostly(chance, None, NOW + DAY, NOW),
    )


def some_money(chance: Random) -> MoneySettings | None:
    usual = some_settings(
        most_per_purchase=mostly(chance, Decimal(60000), Decimal(41999)),
        monthly_budget=mostly(chance, Decimal(100000), Decimal(50000)),
        most_per_pool=mostly(chance, Decimal(10**6), Decimal(70000)),
        most_per_gpu_hour=mostly(chance, None, Decimal(4)),
        approvers=mostly(chance, ((ALICE,), (BOB,)), ((ALICE, BOB),), ((ALICE,),), ()),
        two_approvers_above=mostly(chance, Decimal(50000), Decimal(0)),
        no_approval_up_to=mostly(chance, Decimal(0), Decimal(30000)),
        console_approval_up_to=mostly(chance, Decimal(0), Decimal(45000)),
    )
    return mostly(chance, usual, None)


def a_used_book(chance: Random) -> Book:
    entry = Entry(
        intent_id="other-1-00", amount=Decimal(mostly(chance, 0, 40000, 99999)),
        month=chance.choice(["2026-04", "2026-03"]), until=at("2026-06-01T00:00"),
        standing=chance.choice(list(Standing)),
    )  # fmt: skip
    return Book(pool="training", version=1, entries=(entry,))


def some_blocks(chance: Random) -> tuple[Reservation, ...] | None:
    start = START + chance.choice([-30, -8, 3, 20]) * DAY
    block = a_reservation(start=start, end=start + 7 * DAY, state=chance.choice(list(ReservationState)))
    return mostly(chance, (), (block,), (block,), None)


def circumstances_at(chance: Random, now: datetime, request: PurchaseRequest, book: Book) -> Circumstances:
    return Circumstances(
        now=now,
        request=request,
        settings=some_money(chance),
        spending=mostly(chance, True, True, True, False, None),
        killed=mostly(chance, False, False, False, True, None),
        places=mostly(chance, PLACES, PLACES, PLACES[1:], None),
        blocks=some_blocks(chance),
        siblings=mostly(chance, (), (), (), None),
        book=book,
    )


PLACES = (PLACE, Place(region=REGION, availability_zone="us-east-2d"))


def some_answers(chance: Random, intent: Intent, now: datetime) -> list[Approval]:
    by_alice = Approval(by=ALICE, door=Door.FUNCTION_URL, at=now, terms_hash=intent.terms.hash)
    by_bob = replace(by_alice, by=BOB, door=Door.SLACK)
    odd = [
        replace(by_alice, by=MALLORY),
        replace(by_bob, terms_hash="0a"),
        replace(by_alice, door=Door.CONSOLE),
        replace(by_bob, at=now + DAY),
    ]
    return [mostly(chance, chance.choice([by_alice, by_bob]), *odd) for _ in range(chance.choice([0, 1, 2, 3, 3]))]


def played(chance: Random) -> Bought | None:
    """Let one request run from its offerings to its purchase, with everything in flux between the steps."""
    request, book, now = a_wish(chance), a_used_book(chance), NOW
    offerings = [a_hostile_offering(chance, f"cb-0{n}") for n in range(chance.randint(1, 4))]
    known = circumstances_at(chance, now, request, book)
    best = rank(now, request, offerings, known.places, known.settings).best
    if chance.random() < 0.2:  # as if the ranking had been passed by
        best = next((each for each in offerings if each.upfront_fee is not None), None)
    if best is None or known.settings is None:
        return None
    intent = ask(now, request.request_id, 1, some_terms(best), a_query(), known.settings.approve_within)
    if before_asking(known, intent) and chance.random() < 0.9:
        return None
    intent = approve_by_settings(now, intent, known.settings)
    for answer in some_answers(chance, intent, now + HOUR):
        intent = approve(answer.at, intent, answer, known.settings).intent
    if chance.random() < 0.1:  # as if somebody had written the row by hand
        intent = replace(intent, state=IntentState.APPROVED, terms=some_terms(replace(best, offering_id="cb-0f")))
    later = now + mostly(chance, 1, 11, 13, 24 * 20) * HOUR
    try:
        limits = known.settings if chance.random() < 0.9 else some_settings(monthly_budget=Decimal(10**9))
        book = reserve(later, book, intent.intent_id, intent.terms.upfront_fee, best.end, limits)
        known = circumstances_at(chance, later, request, book)
        if before_buying(known, intent, still_on_sale(chance, best)):
            return None
        intent = moved(intent, IntentState.ATTEMPTING, later, "the guards passed")
    except (BudgetError, TransitionError):
        return None
    assert known.settings is not None
    assert known.blocks is not None
    return Bought(now=later, intent=intent, request=request, money=known.settings, book=book, blocks=known.blocks)


def still_on_sale(chance: Random, offering: Offering) -> list[Offering] | None:
    dearer = replace(offering, whole=replace(offering.whole, upfront_fee=Decimal(10**7)))
    other = replace(offering, offering_id="cb-99", whole=replace(offering.whole, instance_count=4), segments=())
    same = chance.choice([offering, replace(offering, offering_id="cb-99")])
    return mostly(chance, [same], [dearer], [other], [], None)


def assert_within_bounds(bought: Bought) -> None:
    """Check a purchase against its request and its pool's money by plain arithmetic, without what decided it."""
    offering, request, money = bought.intent.terms.offering, bought.request, bought.money
    whole, pieces = offering.whole, offering.segments or (offering.whole,)
    fees = [each.upfront_fee for each in (whole, *offering.segments)]
    assert None not in fees
    fee = max(whole.upfront_fee or Decimal(0), sum((each.upfront_fee or Decimal(0) for each in pieces), Decimal(0)))
    assert 0 < fee <= min(request.most_upfront_fee, money.most_per_purchase)
    assert {each.currency for each in (whole, *pieces)} == {"USD"}
    assert isinstance(request.wanted, Instances)
    assert {each.instance_type for each in (whole, *pieces)} <= set(request.wanted.types)
    assert offering.ultraserver_type is None
    usable = sum(
        each.instance_count * GPUS[each.instance_type] * (int((each.end - each.start).total_seconds()) - 1800)
        for each in pieces
    )
    for cap in (request.most_per_gpu_hour, money.most_per_gpu_hour):
        assert cap is None or fee * 3600 <= cap * usable
    assert all((request.earliest_start or NOW) <= each.start < each.end <= request.latest_end for each in pieces)
    assert bought.now <= min(each.start for each in pieces) - timedelta(minutes=10)
    assert offering.region == REGION
    assert {each.availability_zone for each in (whole, *pieces)} == {"us-east-2a"}
    assert {each.availability_zone_id for each in (whole, *pieces)} <= {None, "use2-az1"}
    assert set(request.zones) <= {"us-east-2a", "use2-az1"}
    assert len(pieces) == 1 or request.several_segments
    for piece in pieces:
        at_once = sum(p.instance_count for p in pieces if p.start < piece.end and piece.start < p.end)
        assert request.wanted.least <= at_once <= request.wanted.most
    assert_approved(bought, fee)
    assert_affordable(bought, fee)
    assert_not_covered(bought)


def assert_approved(bought: Bought, fee: Decimal) -> None:
    intent, money = bought.intent, bought.money
    assert bought.now < intent.expires_at <= intent.asked_at + 12 * HOUR
    valid = [each for each in intent.approvals if each.terms_hash == intent.terms.hash and each.at < intent.expires_at]
    listed = {
        index for each in valid for index, who in enumerate(money.approvers)
        if each.by in who and each.door is not Door.CONSOLE
    }  # fmt: skip
    console = any(each.door is Door.CONSOLE for each in valid) and fee <= money.console_approval_up_to
    if fee > money.two_approvers_above:
        assert len(listed) + console >= 2
    elif fee > money.no_approval_up_to:
        assert len(listed) + console >= 1


def assert_affordable(bought: Bought, fee: Decimal) -> None:
    month = f"{bought.now:%Y-%m}"
    counted = [each for each in bought.book.entries if each.standing is not Standing.RELEASED]
    assert sum((each.amount for each in counted if each.month == month), Decimal(0)) <= bought.money.monthly_budget
    assert sum((each.amount for each in counted), Decimal(0)) <= bought.money.most_per_pool
    assert [each.amount for each in counted if each.intent_id == bought.intent.intent_id] == [fee]


def assert_not_covered(bought: Bought) -> None:
    dead = {"expired", "cancelled", "failed", "payment-failed"}
    offering = bought.intent.terms.offering
    pieces = offering.segments or (offering.whole,)
    for block in bought.blocks:
        overlaps = any(block.start < piece.end and piece.start < block.end for piece in pieces)
        assert bought.request.may_overlap or block.state.value in dead or not overlaps


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=400)
def test_nothing_is_bought_beyond_any_bound(chance: Random) -> None:
    bought = played(chance)

    if bought is not None:
        assert_within_bounds(bought)


def test_many_lives_end_in_a_purchase_within_bounds_and_many_without() -> None:
    purchases = [bought for seed in range(3000) if (bought := played(Random(seed))) is not None]

    for bought in purchases:
        assert_within_bounds(bought)
    assert 150 < len(purchases) < 1500
    kinds = {len(each.intent.terms.offering.segments) for each in purchases}
    assert kinds == {0, 1, 2}
    assert {len(each.intent.approvals) for each in purchases} >= {0, 1, 2}


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_whatever_is_known_guards_answer_with_reasons(chance: Random) -> None:
    offering = next(
        (o for n in range(20) if (o := a_hostile_offering(chance, f"cb-{n}")).upfront_fee is not None), an_offering()
    )
    intent = ask(NOW, "may-training", 1, some_terms(offering), a_query(), DAY)
    known = circumstances_at(chance, NOW, a_wish(chance), a_used_book(chance))

    violations: Sequence[Violation] = before_buying(known, intent, still_on_sale(chance, offering))

    assert violations
    assert all(each.reason for each in violations)
