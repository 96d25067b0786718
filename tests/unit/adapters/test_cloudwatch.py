from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.cloudwatch import CloudWatchUtilization
from capacity_blocks.core.reminder.settings import Metric
from capacity_blocks.core.reminder.usage import Usage
from tests import aws
from tests.factories import at

NOW = at("2026-06-12T11:30")
DAY, HOUR, STEP = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
OWN = {"Namespace": "AWS/EC2CapacityReservations", "MetricName": "InstanceUtilization"}
GPU = Metric(namespace="CWAgent", name="gpu", dimensions=(("AutoScalingGroupName", "train"), ("host", "all")))


def query(number: int, metric: dict[str, Any], **dimensions: str) -> dict[str, Any]:
    listed = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "Id": f"q{number}",
        "MetricStat": {"Metric": {**metric, "Dimensions": listed}, "Period": 300, "Stat": "Average"},
    }


def asked(*queries: dict[str, Any]) -> dict[str, Any]:
    return {"MetricDataQueries": list(queries), "StartTime": NOW - DAY, "EndTime": NOW}


def result(number: int, *values: float, status: str = "Complete", ended: timedelta = timedelta(0)) -> dict[str, Any]:
    instants = [NOW - ended - STEP * (n + 1) for n in range(len(values))]
    return {"Id": f"q{number}", "Timestamps": instants, "Values": list(values), "StatusCode": status}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("cloudwatch")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def usages(metrics: dict[str, Metric | None], start: timedelta = HOUR) -> Any:
    """Return the use of reservations that began a while ago."""
    return CloudWatchUtilization(aws.client("cloudwatch")).usages(metrics, dict.fromkeys(metrics, NOW - start), NOW)


def test_the_average_of_a_day_is_read_for_each_reservation(stub: Stubber) -> None:
    answer = {"MetricDataResults": [result(0, *[100.0] * 11, 50.0), result(1, *[0.0] * 12)]}
    queries = query(0, OWN, CapacityReservationId="cr-0a"), query(1, OWN, CapacityReservationId="cr-0b")
    stub.add_response("get_metric_data", answer, asked(*queries))

    assert usages({"cr-0b": None, "cr-0a": None}) == {
        "cr-0a": Usage(instances=Decimal("95.8")),
        "cr-0b": Usage(instances=Decimal("0.0")),
    }


def test_the_metric_of_accelerators_is_asked_for_with_all_its_dimensions(stub: Stubber) -> None:
    gpu = query(1, {"Namespace": "CWAgent", "MetricName": "gpu"}, AutoScalingGroupName="train", host="all")
    answer = {"MetricDataResults": [result(0, *[100.0] * 12), result(1, *[88.0] * 12)]}
    stub.add_response("get_metric_data", answer, asked(query(0, OWN, CapacityReservationId="cr-0a"), gpu))

    assert usages({"cr-0a": GPU}) == {"cr-0a": Usage(instances=Decimal(100), accelerators=Decimal(88))}


def test_values_of_all_pages_are_taken_together(stub: Stubber) -> None:
    own = asked(query(0, OWN, CapacityReservationId="cr-0a"))
    first = {"MetricDataResults": [result(0, *[100.0] * 6, status="PartialData")], "NextToken": "2"}
    stub.add_response("get_metric_data", first, own)
    second = {"MetricDataResults": [result(0, *[0.0] * 6, ended=STEP * 6)]}
    stub.add_response("get_metric_data", second, {**own, "NextToken": "2"})

    assert usages({"cr-0a": None}) == {"cr-0a": Usage(instances=Decimal(50))}


def test_what_was_before_the_block_is_not_of_the_block(stub: Stubber) -> None:
    answer = {"MetricDataResults": [result(0, *[100.0] * 12, *[0.0] * 100)]}
    stub.add_response("get_metric_data", answer, asked(query(0, OWN, CapacityReservationId="cr-0a")))

    assert usages({"cr-0a": None}, start=STEP * 12) == {"cr-0a": Usage(instances=Decimal(100))}


@pytest.mark.parametrize(("values", "known"), [(12, False), (215, False), (216, True)])
def test_of_an_older_block_most_of_a_day_must_be_known(stub: Stubber, values: int, *, known: bool) -> None:
    answer = {"MetricDataResults": [result(0, *[100.0] * values)]}
    stub.add_response("get_metric_data", answer, asked(query(0, OWN, CapacityReservationId="cr-0a")))

    assert usages({"cr-0a": None}, start=7 * DAY)["cr-0a"].instances == (Decimal(100) if known else None)


NOTHING: dict[str, list[dict[str, Any]]] = {
    "no values": [result(0)],
    "too few": [result(0, *[0.0] * 11)],
    "not allowed": [result(0, *[0.0] * 12, status="Forbidden")],
    "an error": [result(0, *[0.0] * 12, status="InternalError")],
    "no result": [],
}


@pytest.mark.parametrize("results", NOTHING.values(), ids=NOTHING.keys())
def test_what_says_nothing_is_not_known(stub: Stubber, results: list[dict[str, Any]]) -> None:
    own = asked(query(0, OWN, CapacityReservationId="cr-0a"))
    stub.add_response("get_metric_data", {"MetricDataResults": results}, own)

    assert usages({"cr-0a": None}) == {"cr-0a": Usage()}


def test_a_call_that_fails_is_not_known_and_says_why(stub: Stubber) -> None:
    stub.add_client_error("get_metric_data", "AccessDenied", http_status_code=403)

    assert usages({"cr-0a": None}) == {"cr-0a": Usage(trouble="CloudWatch did not answer: AccessDenied")}


def test_as_many_as_a_call_takes_are_asked_for_at_once(stub: Stubber) -> None:
    for _ in range(2):
        stub.add_response("get_metric_data", {"MetricDataResults": []})

    found = usages({f"cr-{n:03}": None for n in range(251)})

    assert len(found) == 251
    assert set(found.values()) == {Usage()}
