"""An engine on a clock, with its events written down and its answers held against botocore's output shapes."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from simulator.assumptions import Assumptions, minutes
from simulator.capacity_blocks import CapacityBlockEngine, CapacityBlockError, Shelf
from simulator.clock import VirtualClock

ACCOUNT = "111122223333"
REGION = "us-east-2"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Everything that is drawn is fixed, so that a test says every instant itself.
STILL = Assumptions(
    payment=minutes(5), delivery=minutes(0), reclaim=minutes(0), slot_cleanup=minutes(4), stock_taken_by_others=0.0
)


def at(text: str) -> datetime:
    """An instant of March 2026 by day and time: "03 11:30"."""
    return datetime.strptime(f"2026-03-{text} +0000", "%Y-%m-%d %H:%M %z")


@cache
def ec2_model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("ec2")


def misfits(operation: str, answer: Mapping[str, Any]) -> list[str]:
    """What in the answer botocore's output shape does not know: members, types and values of enumerations."""
    shape = ec2_model().operation_model(operation).output_shape
    assert shape is not None
    report = ParamValidator().validate(answer, shape)
    return [*report.generate_report().splitlines(), *_wrong_values(answer, shape, operation)]


def _wrong_values(value: Any, shape: Shape, path: str) -> list[str]:
    match shape:
        case StructureShape():
            members = {name: member for name, member in shape.members.items() if name in value}
            wrong = [_wrong_values(value[name], member, f"{path}.{name}") for name, member in members.items()]
            return [each for found in wrong for each in found]
        case ListShape():
            return [each for item in value for each in _wrong_values(item, shape.member, f"{path}[]")]
        case StringShape(enum=allowed) if allowed and value not in allowed:
            return [f"{path}: {value}"]
        case _:
            return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event as it reached the bus."""

    at: datetime
    detail_type: str
    detail: Mapping[str, Any]
    resources: tuple[str, ...]


@dataclass(slots=True)
class Stage:
    """The engine with what it told and whom it terminated, in order."""

    clock: VirtualClock
    engine: CapacityBlockEngine
    told: list[Told] = field(default_factory=list)
    terminated: list[tuple[datetime, str]] = field(default_factory=list)
    launched: int = 0

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call the engine, and refuse an answer that no client of botocore would understand."""
        answer = self.engine.call(operation, **parameters)
        assert misfits(operation, answer) == []
        return answer

    def refusal(self, operation: str, **parameters: Any) -> str:
        """The code with which a call is refused, or nothing."""
        try:
            self.engine.call(operation, **parameters)
        except CapacityBlockError as error:
            return error.code
        return ""

    def offerings(self, hours: int = 24, count: int = 2, **parameters: Any) -> list[dict[str, Any]]:
        wanted = {"InstanceType": "p5.48xlarge", "InstanceCount": count, "CapacityDurationHours": hours, **parameters}
        answer = self.call("DescribeCapacityBlockOfferings", **wanted)
        return list(answer["CapacityBlockOfferings"])

    def buy(self, hours: int = 24, count: int = 2, **parameters: Any) -> str:
        offering = self.offerings(hours, count, **parameters)[0]
        return str(self.purchase(offering)["CapacityReservation"]["CapacityReservationId"])

    def purchase(self, offering: Mapping[str, Any], **parameters: Any) -> dict[str, Any]:
        wanted = {"CapacityBlockOfferingId": offering["CapacityBlockOfferingId"], "InstancePlatform": "Linux/UNIX"}
        return self.call("PurchaseCapacityBlock", **wanted, **parameters)

    def reservation(self, reservation_id: str) -> dict[str, Any]:
        answer = self.call("DescribeCapacityReservations", CapacityReservationIds=[reservation_id])
        return dict(answer["CapacityReservations"][0])

    def state(self, reservation_id: str) -> str:
        return str(self.reservation(reservation_id)["State"])

    def place(self, reservation_id: str, **different: Any) -> str:
        """Launch what fits the reservation, but for what is said to be different."""
        document = self.reservation(reservation_id)
        self.launched += 1
        fitting = {
            "instance_id": f"i-{self.launched:017x}",
            "instance_type": document["InstanceType"],
            "availability_zone": document["AvailabilityZone"],
            "market_type": "capacity-block",
        }
        launch = {**fitting, **different}
        self.engine.place(reservation_id, **launch)
        return str(launch["instance_id"])

    def launch_refusal(self, reservation_id: str, **different: Any) -> str:
        try:
            self.place(reservation_id, **different)
        except CapacityBlockError as error:
            return error.code
        return ""

    def run(self, until: datetime | str) -> None:
        self.clock.run_until(at(until) if isinstance(until, str) else until)

    def events(self, *names: str) -> list[tuple[datetime, str]]:
        """What was told, CloudTrail's records by the name of their event; all of it, or only these names."""
        all_told = [(each.at, str(each.detail.get("eventName", each.detail_type))) for each in self.told]
        return [each for each in all_told if not names or each[1] in names]


def stage(
    assumptions: Assumptions = STILL,
    *,
    seed: int = 7,
    now: datetime = MORNING,
    region: str = REGION,
    inventory: Sequence[Shelf] | None = None,
    **assumed: Any,
) -> Stage:
    """An engine that starts at `now`; further arguments replace what is assumed."""
    clock = VirtualClock(now)
    told: list[Told] = []
    terminated: list[tuple[datetime, str]] = []

    def emit(source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str]) -> None:
        assert source == "aws.ec2"
        told.append(Told(at=clock.now(), detail_type=detail_type, detail=detail, resources=tuple(resources)))

    engine = CapacityBlockEngine(
        clock,
        region,
        ACCOUNT,
        random.Random(f"{seed}:capacity-blocks"),
        replace(assumptions, **assumed),
        emit,
        inventory=inventory,
    )
    engine.on_terminate(lambda instance_id: terminated.append((clock.now(), instance_id)))
    return Stage(clock, engine, told, terminated)


def bought_elsewhere(**different: Any) -> dict[str, Any]:
    """A reservation as `aws ec2 describe-capacity-reservations` prints it, after a sample of aws-parallelcluster."""
    return {
        "CapacityReservationId": "cr-0aaaaaaaaaaaaaaaa",
        "OwnerId": ACCOUNT,
        "CapacityReservationArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:capacity-reservation/cr-0aaaaaaaaaaaaaaaa",
        "AvailabilityZoneId": "use2-az1",
        "InstanceType": "p5.48xlarge",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": "us-east-2a",
        "Tenancy": "default",
        "TotalInstanceCount": 0,
        "AvailableInstanceCount": 0,
        "EbsOptimized": False,
        "EphemeralStorage": False,
        "State": "scheduled",
        "StartDate": "2026-03-03T11:30:00+00:00",
        "EndDate": "2026-03-04T11:30:00+00:00",
        "EndDateType": "limited",
        "InstanceMatchCriteria": "targeted",
        "CreateDate": "2026-03-01T12:03:21.123000+00:00",
        "Tags": [
            {"Key": "aws:ec2capacityreservation:incrementalRequestedQuantity", "Value": "4"},
            {"Key": "aws:ec2capacityreservation:capacityReservationType", "Value": "capacity-block"},
        ],
        "CapacityAllocations": [],
        "ReservationType": "capacity-block",
        **different,
    }


HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
