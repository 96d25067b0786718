"""CloudWatch counts what runs in a reservation, and tells what a story says of other metrics."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.e2e.stage import END, MINUTE, SIZE, START, Stage, staged

HOUR = timedelta(hours=1)
OWN = "AWS/EC2CapacityReservations"


def values(
    stage: Stage, name: str, since: datetime, until: datetime, namespace: str = OWN, **dimensions: str
) -> list[float]:
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": listed}
    query: dict[str, Any] = {"Id": "q0", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}}
    pages = (
        stage.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(MetricDataQueries=[query], StartTime=since, EndTime=until)
    )
    return [value for page in pages for result in page["MetricDataResults"] for value in result["Values"]]


def test_a_block_is_counted_from_its_start_to_its_end_by_what_runs_in_it() -> None:
    with staged() as stage:
        block = stage.block()
        stage.group()
        stage.run_until(END + HOUR)

        def used(since: datetime, until: datetime, name: str = "InstanceUtilization") -> list[float]:
            return values(stage, name, since, until, CapacityReservationId=block)

        assert used(START - HOUR, START) == []
        assert used(START + HOUR, START + 2 * HOUR) == [100.0] * 12
        assert used(START + HOUR, START + 2 * HOUR, "UsedInstanceCount") == [float(SIZE)] * 12
        assert used(START + HOUR, START + 2 * HOUR, "AvailableInstanceCount") == [0.0] * 12
        assert used(END - 15 * MINUTE, END) == [0.0] * 3  # drained and gone
        assert used(END, END + HOUR) == []
        assert used(START + HOUR, START + 2 * HOUR, "Anything") == []
        assert values(stage, "InstanceUtilization", START, END, CapacityReservationId="cr-0") == []


def test_a_block_that_nobody_uses_is_counted_as_idle_and_what_is_too_new_is_not_there_yet() -> None:
    with staged() as stage:
        block = stage.block()
        stage.run_until(START + HOUR)

        assert values(stage, "InstanceUtilization", START, START + HOUR, CapacityReservationId=block) == [0.0] * 11


def test_a_metric_of_ones_own_is_what_a_story_says() -> None:
    with staged() as stage:
        metrics = stage.world.regions[stage.world.home].metrics
        metrics.tell("CWAgent", "gpu", {"group": "train"}, lambda at: 88.0 if at >= START else None)
        stage.run_until(START + HOUR)

        found = values(stage, "gpu", START - HOUR, START + HOUR, "CWAgent", group="train")
        assert found == [88.0] * 11
        assert values(stage, "gpu", START, START + HOUR, "CWAgent", group="other") == []


def test_a_region_may_count_nothing() -> None:
    with staged() as stage:
        block = stage.block()
        stage.world.regions[stage.world.home].metrics.is_counting = False
        stage.run_until(START + HOUR)

        assert values(stage, "InstanceUtilization", START, START + HOUR, CapacityReservationId=block) == []


@pytest.mark.parametrize("changed", [{"Period": 60}, {"Stat": "Maximum"}])
def test_what_is_not_played_says_so(changed: dict[str, Any]) -> None:
    with staged() as stage:
        metric = {"Namespace": OWN, "MetricName": "InstanceUtilization", "Dimensions": []}
        stat = {"Metric": metric, "Period": 300, "Stat": "Average"} | changed
        with pytest.raises(NotImplementedError, match="only averages of five minutes are played"):
            stage.client("cloudwatch").get_metric_data(
                MetricDataQueries=[{"Id": "q0", "MetricStat": stat}], StartTime=START, EndTime=END
            )
