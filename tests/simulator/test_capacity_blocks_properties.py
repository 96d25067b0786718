"""What always holds, whatever is bought, launched, stopped, extended and waited for."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.assumptions import Assumptions
from simulator.capacity_blocks import CapacityBlockError, Payment
from simulator.capacity_blocks.duration import is_legal, split
from simulator.capacity_blocks.market import peak
from tests.simulator.capacity_block_stage import MORNING, Stage, misfits, stage

LEGAL = [*range(24, 337, 24), *range(504, 4369, 168)]


@given(st.integers(-5000, 5000))
def test_legal_durations_are_the_documented_ones(hours: int) -> None:
    assert is_legal(hours) == (hours in LEGAL)


@given(st.timedeltas(timedelta(), timedelta(days=200)))
def test_hours_and_minutes_add_up_to_the_duration_but_for_seconds(duration: timedelta) -> None:
    hours, minutes = split(duration)
    rest = duration - timedelta(hours=hours, minutes=minutes)
    assert 0 <= minutes < 60
    assert timedelta() <= rest < timedelta(minutes=1)


@given(
    st.integers(0, 10_000),
    st.sampled_from(LEGAL),
    st.integers(1, 64),
    st.timedeltas(timedelta(), timedelta(days=3)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_offering_is_whole_in_itself(seed: int, hours: int, count: int, wait: timedelta) -> None:
    here = stage(Assumptions(), seed=seed, now=MORNING + wait)
    for offering in here.offerings(hours, count):
        start, end = offering["StartDate"], offering["EndDate"]
        told = timedelta(hours=offering["CapacityBlockDurationHours"], minutes=offering["CapacityBlockDurationMinutes"])
        assert told == end - start
        assert start >= here.clock.now() + timedelta(minutes=30)
        assert (end.hour, end.minute, end.second) == (11, 30, 0)
        assert abs(end - start - timedelta(hours=hours)) < timedelta(days=1)
        assert offering["InstanceCount"] == count
        assert offering["UpfrontFee"].isdecimal()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(1, 5)), max_size=8))
def test_a_peak_is_what_counting_every_hour_finds(spans: list[tuple[int, int, int]]) -> None:
    def hour(number: int) -> datetime:
        return MORNING + timedelta(hours=number)

    held = [(hour(first), hour(first + length), size) for first, length, size in spans]
    counted = max(
        sum(size for first, length, size in spans if first <= number < first + length) for number in range(5, 15)
    )
    assert peak(held, hour(5), hour(15)) == counted


class Life(RuleBasedStateMachine):
    """A customer who buys, launches, stops and extends at random while time passes."""

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.here: Stage = stage(Assumptions(), seed=seed, region="us-east-1", former_event_names=True)
        self.bought: list[str] = []
        self.placed: list[str] = []
        self.version, self.answers = -1, ""

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call, or get an empty answer where EC2 refuses."""
        try:
            return self.here.call(operation, **parameters)
        except CapacityBlockError:
            return {}

    @rule(hours=st.sampled_from([24, 48]), count=st.integers(1, 40), which=st.integers(0, 5), pays=st.booleans())
    def buy(self, hours: int, count: int, which: int, pays: bool) -> None:
        search = {"InstanceType": "p5.48xlarge", "InstanceCount": count, "CapacityDurationHours": hours}
        found = self.ask("DescribeCapacityBlockOfferings", **search).get("CapacityBlockOfferings", [])
        if not found:
            return
        offering_id = found[which % len(found)]["CapacityBlockOfferingId"]
        wanted = {"CapacityBlockOfferingId": offering_id, "InstancePlatform": "Linux/UNIX"}
        if not pays:
            self.here.engine.plan_payment(Payment(succeeds=False))
        answer = self.ask("PurchaseCapacityBlock", **wanted)
        self.bought += [each["CapacityReservationId"] for each in answer.get("CapacityReservations", [])]

    @rule(which=st.integers(0, 20), hours=st.sampled_from([24, 168, 336]))
    def extend(self, which: int, hours: int) -> None:
        if not self.bought:
            return
        block = self.bought[which % len(self.bought)]
        search = {"CapacityReservationId": block, "CapacityBlockExtensionDurationHours": hours}
        found = self.ask("DescribeCapacityBlockExtensionOfferings", **search).get("CapacityBlockExtensionOfferings")
        if found:
            offering_id = found[0]["CapacityBlockExtensionOfferingId"]
            self.ask(
                "PurchaseCapacityBlockExtension",
                CapacityReservationId=block,
                CapacityBlockExtensionOfferingId=offering_id,
            )

    @rule(which=st.integers(0, 20), count=st.integers(1, 8))
    def launch(self, which: int, count: int) -> None:
        for _ in range(count if self.bought else 0):
            try:
                self.placed.append(self.here.place(self.bought[which % len(self.bought)]))
            except CapacityBlockError:
                return

    @rule(which=st.integers(0, 200))
    def stop(self, which: int) -> None:
        if self.placed:
            self.here.engine.release(self.placed[which % len(self.placed)])

    @rule(minutes=st.sampled_from([1, 4, 10, 60, 11 * 60, 24 * 60, 100 * 60]))
    def wait(self, minutes: int) -> None:
        self.here.run(self.here.clock.now() + timedelta(minutes=minutes))

    def listed(self) -> list[dict[str, Any]]:
        answer = self.here.engine.look("DescribeCapacityReservations")
        assert misfits("DescribeCapacityReservations", answer) == []
        return list(answer["CapacityReservations"])

    @invariant()
    def places_add_up(self) -> None:
        for each in self.listed():
            reservation_id = each["CapacityReservationId"]
            used = sum(self.here.engine.reservation_of(one) == reservation_id for one in self.placed)
            assert each["AvailableInstanceCount"] >= 0
            if each["State"] == "active":
                assert each["AvailableInstanceCount"] + used == each["TotalInstanceCount"]
            else:
                assert (each["AvailableInstanceCount"], used) == (0, 0)

    @invariant()
    def states_fit_the_time(self) -> None:
        now = self.here.clock.now()
        for each in self.listed():
            match each["State"]:
                case "payment-pending":
                    assert now < min(each["CreateDate"] + timedelta(hours=12), each["StartDate"] - timedelta(minutes=5))
                case "scheduled":
                    assert now < each["StartDate"] + timedelta(minutes=5)
                case "active":
                    assert each["StartDate"] <= now < each["EndDate"]
                case "expired":
                    assert each["EndDate"] <= now < each["EndDate"] + timedelta(hours=24)
                case state:
                    assert state == "payment-failed"

    @invariant()
    def each_block_is_paid_or_failed_once(self) -> None:
        settled = [each.detail for each in self.here.told if each.detail.get("eventName") in PAID_OR_NOT]
        ids = [each["serviceEventDetails"]["capacityReservationId"] for each in settled]
        assert len(ids) == len(set(ids))
        assert set(ids) <= set(self.bought)
        unsettled = {each["CapacityReservationId"] for each in self.listed() if each["State"] == "payment-pending"}
        assert unsettled == set(self.bought) - set(ids)

    @invariant()
    def no_more_is_sold_than_there_is(self) -> None:
        market = self.here.engine._holdings.market
        for shelf, bookings in market._bookings.items():
            spans = [(each.start, each.end, each.instances) for each in bookings]
            for start, end, _ in spans:
                assert peak(spans, start, end) <= shelf.instances

    @invariant()
    def an_equal_version_means_equal_answers(self) -> None:
        version = self.here.engine.version
        answers = repr([self.here.engine.look(each) for each in SHOWN])
        if version == self.version:
            assert answers == self.answers
        assert version >= self.version
        self.version, self.answers = version, answers


PAID_OR_NOT = {"CapacityBlockScheduled", "CapacityBlockPaymentFailed"}
SHOWN = (
    "DescribeCapacityReservations",
    "DescribeCapacityBlocks",
    "DescribeCapacityBlockStatus",
    "DescribeCapacityBlockExtensionHistory",
)

Life.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestLife = Life.TestCase
