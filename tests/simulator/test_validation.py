"""An answer that AWS could not give is an error, whoever gives it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from moto.ec2.responses import EC2Response

from simulator.validation import AnswerViolationError, check
from tests.simulator.stage import deployed


def operation(service: str, name: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(name)


RESERVATION = {"CapacityReservationId": "cr-0", "State": "active", "StartDate": datetime(2027, 3, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"State": "aktiv"}, "State is 'aktiv', which the model does not allow"),
        ({"StartDate": datetime(2027, 3, 1)}, "StartDate is .*, not a timestamp"),  # noqa: DTZ001  # the mistake
        ({"TotalInstanceCount": "1"}, "TotalInstanceCount is '1', not a integer"),
        ({"TotalInstanceCount": True}, "TotalInstanceCount is True, not a integer"),
        ({"Size": 1}, "Size is not in the model"),
        ({"Tags": {"a": "b"}}, "Tags is .*, not a list"),
        ({"Tags": ["a"]}, r"Tags\[\] is 'a', not a structure"),
    ],
)
def test_a_violation_is_named_with_its_place(changed: dict[str, Any], wrong: str) -> None:
    answer = {"CapacityReservations": [{**RESERVATION, **changed}]}
    with pytest.raises(
        AnswerViolationError, match=rf"ec2: DescribeCapacityReservations.CapacityReservations\[\]\.{wrong}"
    ):
        check(operation("ec2", "DescribeCapacityReservations"), answer)


def test_a_good_answer_passes() -> None:
    check(
        operation("ec2", "DescribeCapacityReservations"),
        {"CapacityReservations": [RESERVATION], "ResponseMetadata": {}},
    )


def test_a_missing_required_member_is_a_violation() -> None:
    with pytest.raises(AnswerViolationError, match="ScheduleArn is required and missing"):
        check(operation("scheduler", "CreateSchedule"), {})


def test_a_member_that_the_wire_would_drop_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when a handler swallows the error, the run does not go on as if nothing were wrong."""
    with deployed() as world:
        engine = world.regions["us-east-2"].engine
        answers: dict[str, Any] = {"DescribeCapacityReservations": lambda _asked: {"Reservations": []}}
        monkeypatch.setattr(engine, "_operations", answers)
        world.functions.send("ProbeFunction", '{"do": "sweep"}', "test")
        with pytest.raises(AnswerViolationError, match="Reservations is not in the model"):
            world.run_for(timedelta(minutes=1))


def test_what_moto_does_not_implement_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_response: Any) -> None:
        raise NotImplementedError("the describe_capacity_reservations action has not been implemented")

    with deployed() as world:
        monkeypatch.setattr(EC2Response, "describe_capacity_reservations", missing)
        world.functions.send("ProbeFunction", '{"do": "sweep"}', "test")
        with pytest.raises(NotImplementedError):
            world.run_for(timedelta(minutes=1))
