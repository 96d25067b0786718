"""An EC2 that offers anything, people who should not, and a world in flux: whatever is bought is within every bound."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_blocks.core.purchase import terms as terms_document
from capacity_blocks.core.purchase.approval import Door
from capacity_blocks.core.purchase.budget import Book, Entry, Standing
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.query import Answer, Outcome, Query
from capacity_blocks.core.purchase.request import parse
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.pool_settings import money
from capacity_blocks.purchasing.step import StepError
from capacity_blocks.purchasing.survey import UnreadError
from tests.factories import a_reservation
from tests.fakes import FakeMarket
from tests.unit.core.purchase.shapes import ALICE, BOB, MALLORY, START
from tests.unit.core.purchase.test_hostile import (
    DAY,
    HOUR,
    Bought,
    a_hostile_offering,
    assert_within_bounds,
    mostly,
)
from tests.unit.shell.purchasing.stage import EXECUTION, Stage, a_decision, a_document


@dataclass
class HostileMarket(FakeMarket):
    """Offers all that it has to whoever asks, whatever they ask for; `sold` is what it was told to sell."""

    sold: list[Terms] = field(default_factory=list)

    def search(self, query: Query, now: datetime) -> Answer:
        return Answer(query=query, outcome=Outcome.ON_SALE, at=now, offerings=tuple(self.on_sale.values()))

    def purchase(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str, ...]:
        self.sold.append(terms)
        return super().purchase(terms, tags)


def a_hostile_stage(chance: Random) -> Stage:
    stage = Stage()
    stage.market = HostileMarket(clock=stage.clock, reservations=stage.region.reservations)
    stage.market.sell(*(a_hostile_offering(chance, f"cb-0{n}") for n in range(chance.randint(1, 4))))
    entry = Entry(
        intent_id="other-1-00",
        amount=Decimal(mostly(chance, 0, 40000, 99999)),
        month=chance.choice(["2026-04", "2026-03"]),
        until=START + 30 * DAY,
        standing=chance.choice([Standing.RESERVED, Standing.COMMITTED]),
    )
    stage.ledger.books["training"] = [Book(pool="training", version=1, entries=(entry,))]
    spend(stage, chance)
    return stage


def spend(stage: Stage, chance: Random) -> None:
    """Set what the pool may spend to something sound, or something narrow."""
    stage.spend(
        most_per_purchase=mostly(chance, "60000", "41999"),
        monthly_budget=mostly(chance, "100000", "50000"),
        most_per_pool=mostly(chance, "1000000", "70000"),
        most_per_gpu_hour=mostly(chance, None, "4"),
        approvers=mostly(chance, [ALICE, BOB], [[ALICE, BOB]], [ALICE], []),
        two_approvers_above=mostly(chance, "50000", "0"),
        no_approval_up_to=mostly(chance, "0", "30000", "45000"),
        console_approval_up_to=mostly(chance, "0", "45000"),
    )


def a_hostile_wish(chance: Random) -> dict[str, Any]:
    return a_document(
        instance_types=chance.choice([["p5.48xlarge"], ["p5e.48xlarge", "p5.48xlarge"]]),
        instance_count=chance.choice([8, {"least": 4, "most": 8}]),
        least_hours=chance.choice([168, 160]),
        most_hours=chance.choice([168, 190]),
        earliest_start=mostly(chance, "2026-05-01T00:00:00Z", None, "2026-05-05T00:00:00Z"),
        most_upfront_fee=mostly(chance, "60000", "42000", "1000000"),
        most_per_gpu_hour=mostly(chance, None, "3.95", "5"),
        zones=mostly(chance, None, ["us-east-2a"], ["use2-az1"], ["us-east-2b"]),
        several_segments=chance.random() < 0.6,
        may_overlap=chance.random() < 0.3,
    )


def in_flux(stage: Stage, chance: Random) -> None:
    """Let something change, now and then: fees, what is sold under an id, settings, switches, blocks, subnets."""
    if chance.random() < 0.5:
        return
    for offering_id, offering in list(stage.market.on_sale.items()):
        other = replace(a_hostile_offering(chance, offering_id), offering_id=offering_id)
        fee = offering.whole.upfront_fee
        dearer = replace(offering, whole=replace(offering.whole, upfront_fee=None if fee is None else fee * 2))
        renamed = replace(offering, offering_id=f"{offering_id}-again")
        stage.market.on_sale[offering_id] = mostly(chance, offering, other, dearer, renamed)
    if chance.random() < 0.07:
        spend(stage, chance)
    if chance.random() < 0.07:
        start = START + chance.choice([-30, -8, 3, 20]) * DAY
        state = chance.choice(list(ReservationState))
        stage.region.reservations.hold(a_reservation(start=start, end=start + 7 * DAY, state=state))
    stage.switches.on = mostly(chance, stage.switches.on, False, None, True)
    stage.switches.pulled = mostly(chance, stage.switches.pulled, True, None, False)
    if chance.random() < 0.03:
        stage.region.subnets.held.clear()
    stage.clock.instant += mostly(chance, 0, 1, 11, 13, 24 * 20) * HOUR


def tampered(chance: Random, found: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return a search whose answer was changed on its way through the workflow, now and then."""
    if chance.random() < 0.8 or not found["candidates"]:
        return found
    offering = a_hostile_offering(chance, "cb-0f")
    if offering.upfront_fee is None:
        return found
    terms = Terms(offering=offering, pool=mostly(chance, "training", "other"), platform="Linux/UNIX")
    forged = found["candidates"][0] | {"terms": terms_document.to_document(terms)}
    return found | {"candidates": [forged, *found["candidates"]]}


def answers(stage: Stage, chance: Random) -> None:
    for _ in range(chance.choice([0, 1, 2, 3, 3])):
        sound = a_decision(stage, chance.choice([ALICE, BOB]))
        odd = [
            a_decision(stage, MALLORY),
            a_decision(stage) | {"body": sound["body"] | {"terms": "0a"}},
            a_decision(stage, "a console test event", door=Door.CONSOLE),
        ]
        with suppress(StepError):
            stage.steps(f"decider-{chance.random()}").decide(mostly(chance, sound, *odd))


def forged(stage: Stage, chance: Random) -> None:
    """Write an approval by hand, now and then, as somebody could who may write to the table."""
    if chance.random() < 0.05:
        intent = stage.intent
        stage.ledger.kept["may-training", 1] = replace(intent, state=IntentState.APPROVED)


def played(chance: Random) -> tuple[Stage, Bought | None]:
    """Play a request to its purchase; return what was true at the instant of the purchase."""
    stage, document = a_hostile_stage(chance), a_hostile_wish(chance)
    seen: list[Bought] = []

    def at_the_purchase(name: str, call: Any) -> Any:
        if name == "purchases.purchase":
            seen.append(as_it_stands(stage))
        return call()

    with suppress(UnreadError):
        stage.steps("opener").open({"request": document, "execution": EXECUTION})
        found = stage.steps("searcher").search({"request": document})
        in_flux(stage, chance)
        search = tampered(chance, found, document)
        stage.steps("chooser").choose({"request": document, "search": search, "execution": EXECUTION})
        if not stage.intents:
            return stage, None
        answers(stage, chance)
        forged(stage, chance)
        in_flux(stage, chance)
        for run in ("first", "second"):
            stage.steps(run, at_the_purchase).purchase({"intent": stage.named})
    return stage, seen[0] if seen else None


def as_it_stands(stage: Stage) -> Bought:
    spending = money(stage.settings.held["training"])
    assert spending is not None
    assert (stage.switches.on, stage.switches.pulled) == (True, False)
    return Bought(
        now=stage.clock.instant,
        intent=stage.intent,
        request=parse(stage.ledger.requests["may-training"].document),
        money=spending,
        book=stage.book,
        blocks=tuple(stage.region.reservations.held.values()),
    )


def assert_what_was_approved_was_sold(stage: Stage, intent: Intent) -> None:
    """Check that EC2 was asked once, for what was approved, under an id that it is on sale under, at no more."""
    market = stage.market
    assert isinstance(market, HostileMarket)
    (terms,) = market.sold
    offered = terms.offering
    assert offered in market.on_sale.values()
    assert what_it_is(offered) == what_it_is(intent.terms.offering)
    assert (terms.pool, terms.platform, terms.tags) == (intent.terms.pool, intent.terms.platform, intent.terms.tags)
    assert terms.upfront_fee <= intent.terms.upfront_fee


def what_it_is(offering: Offering) -> list[tuple[object, ...]]:
    return [
        (offering.region, each.instance_type, each.instance_count, each.availability_zone, each.start, each.end)
        for each in offering.parts
    ]


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_nothing_is_bought_beyond_any_bound(chance: Random) -> None:
    stage, bought = played(chance)

    if bought is not None:
        assert_within_bounds(bought)
        assert_what_was_approved_was_sold(stage, bought.intent)


def test_many_requests_end_in_a_purchase_within_bounds_and_many_without() -> None:
    ends: Counter[str] = Counter()

    for seed in range(500):
        stage, bought = played(Random(seed))
        if bought is not None:
            assert_within_bounds(bought)
            assert_what_was_approved_was_sold(stage, bought.intent)
        ends[stage.intent.state.value if stage.intents else "not asked"] += 1

    assert ends["bought"] > 100
    assert ends["not asked"] > 100
    assert ends["asked"] > 40
    assert ends["closed"] > 20
