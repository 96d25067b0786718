"""The fake market of extensions, and EC2's adapters over the simulated EC2, keep the same promises."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

import boto3
import pytest
from botocore.config import Config

from capacity_blocks.adapters.ec2_extension_history import Ec2ExtensionHistory
from capacity_blocks.adapters.ec2_extension_offers import Ec2ExtensionOffers
from capacity_blocks.adapters.ec2_extensions import Ec2Extensions
from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.core.purchase.attempt import WOULD_HAVE_SUCCEEDED
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.extension_ports import ExtensionHistory, ExtensionOffers, Extensions
from capacity_blocks.ports import AwsError
from simulator.assumptions import Assumptions, minutes
from simulator.sample import scheduled_block
from simulator.world import World
from tests.factories import END, REGION, START, a_reservation
from tests.fakes import FakeClock, FakeReservations
from tests.fakes.extensions import FakeExtensionMarket
from tests.unit.core.extension.extending import more_time

BLOCK = "cr-0123456789abcdef0"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOW = START - timedelta(hours=1)


class Stage(Protocol):
    """An EC2 with one block of 2 p5.48xlarge from START to END, and the ports on it."""

    offers: ExtensionOffers
    history: ExtensionHistory
    extensions: Extensions

    def pays(self, *, succeeds: bool) -> None:
        """Let the next payment come to its end."""

    def ends_at(self) -> object: ...
    def sells_nothing(self) -> None: ...


class FakeStage:
    def __init__(self) -> None:
        reservations = FakeReservations()
        reservations.hold(a_reservation(reservation_id=BLOCK, start=START, end=END, instance_count=2))
        self.market = FakeExtensionMarket(clock=FakeClock(NOW), reservations=reservations)
        for number in (1, 2):
            start = END + (number - 1) * DAY
            span = {"start": start, "end": start + DAY, "instance_count": 2}
            self.market.sell(more_time(f"cbe-{number}", extends=BLOCK, **span))
        self.offers: ExtensionOffers = self.market
        self.history: ExtensionHistory = self.market
        self.extensions: Extensions = self.market

    def pays(self, *, succeeds: bool) -> None:
        self.market.settle(ExtensionStatus.PAYMENT_SUCCEEDED if succeeds else ExtensionStatus.PAYMENT_FAILED)

    def ends_at(self) -> object:
        return self.market.reservations.held[BLOCK].end

    def sells_nothing(self) -> None:
        self.market.on_sale.clear()


class SimulatedStage:
    def __init__(self, world: World) -> None:
        self.world, self.engine = world, world.regions[REGION].engine
        self.engine.adopt(scheduled_block(BLOCK, 2, START))
        once = Config(retries={"mode": "standard", "total_max_attempts": 1})
        client = boto3.client("ec2", region_name=REGION, config=once)
        self.offers: ExtensionOffers = Ec2ExtensionOffers(client, REGION)
        self.history: ExtensionHistory = Ec2ExtensionHistory(client)
        self.extensions: Extensions = Ec2Extensions(client)

    def pays(self, *, succeeds: bool) -> None:
        [pending] = [each for each in self.engine.extensions if each.status == "payment-pending"]
        if not succeeds:
            pending.status = type(pending.status).PAYMENT_FAILED
            return
        self.world.run_for(7 * MINUTE)

    def ends_at(self) -> object:
        [found] = self.engine.look("DescribeCapacityReservations")["CapacityReservations"]
        return found["EndDate"]

    def sells_nothing(self) -> None:
        self.engine._holdings.market.free = lambda *_: 0  # type: ignore[method-assign]  # nothing is left


@pytest.fixture(params=["fake", "simulated"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "fake":
        yield FakeStage()
        return
    with World(template=None, start=NOW, assumptions=Assumptions(payment=minutes(6))) as world:
        yield SimulatedStage(world)


def terms(offering: Offering) -> Terms:
    return Terms(offering=offering, pool="training", platform="Linux/UNIX")


def offered(stage: Stage) -> Offering:
    [offering] = stage.offers.offers(BLOCK, DAY)
    return offering


def refusal(stage: Stage, offering: Offering) -> AwsError:
    with pytest.raises(AwsError) as caught:
        stage.extensions.purchase(terms(offering))
    return caught.value


def test_an_offer_is_for_the_block_from_its_end_on(stage: Stage) -> None:
    offering = offered(stage)

    assert (offering.extends, offering.start, offering.end, offering.whole.instance_count) == (BLOCK, END, END + DAY, 2)
    assert offering.upfront_fee


def test_nothing_on_sale_is_no_error(stage: Stage) -> None:
    stage.sells_nothing()

    assert stage.offers.offers(BLOCK, DAY) == ()


def test_a_dry_run_buys_nothing(stage: Stage) -> None:
    assert stage.extensions.dry_run(terms(offered(stage)))[0] == WOULD_HAVE_SUCCEEDED
    assert stage.history.records([BLOCK]) == {BLOCK: ()}


def test_what_is_bought_is_in_the_history_and_moves_no_end_yet(stage: Stage) -> None:
    offering = offered(stage)

    record = stage.extensions.purchase(terms(offering))

    assert (record.reservation_id, record.start, record.end) == (BLOCK, END, END + DAY)
    assert (record.purchased_at, record.status) == (NOW, ExtensionStatus.PAYMENT_PENDING)
    assert stage.history.records([BLOCK, "cr-0000"]) == {BLOCK: (record,), "cr-0000": ()}
    assert stage.ends_at() == END


def test_no_second_one_is_sold_beside_it(stage: Stage) -> None:
    offering = offered(stage)
    stage.extensions.purchase(terms(offering))

    assert refusal(stage, offering).definite
    assert len(stage.history.records([BLOCK])[BLOCK]) == 1


def test_when_it_is_paid_the_end_moves_and_its_offer_is_void(stage: Stage) -> None:
    offering = offered(stage)
    stage.extensions.purchase(terms(offering))
    stage.pays(succeeds=True)

    [record] = stage.history.records([BLOCK])[BLOCK]
    assert (record.status, stage.ends_at()) == (ExtensionStatus.PAYMENT_SUCCEEDED, END + DAY)
    assert refusal(stage, offering).definite
    assert offered(stage).start == END + DAY


def test_when_its_payment_fails_the_end_stays_and_another_is_sold(stage: Stage) -> None:
    stage.extensions.purchase(terms(offered(stage)))
    stage.pays(succeeds=False)
    assert stage.ends_at() == END

    stage.extensions.purchase(terms(offered(stage)))

    statuses = [each.status for each in stage.history.records([BLOCK])[BLOCK]]
    assert sorted(statuses) == [ExtensionStatus.PAYMENT_FAILED, ExtensionStatus.PAYMENT_PENDING]
