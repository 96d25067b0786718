"""GetMetricData, plugged into moto: averages of single metrics, no expressions."""

from collections.abc import Mapping
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse

from simulator.plug import ATTACHED, aware, plug

from .metrics import PERIOD, Metrics

_MOST_QUERIES = 500  # GetMetricDataInput$MetricDataQueries


class UnplayedError(NotImplementedError):
    """A query asks for more than is played here."""


def install() -> None:
    """Answer where attached, as often as you like."""
    plug(
        CloudWatchResponse,
        lambda response: getattr(response.cloudwatch_backend, ATTACHED, None),
        {"get_metric_data": _get_metric_data},
    )


def attach(account: str, region: str, metrics: Metrics) -> None:
    setattr(cloudwatch_backends[account][region], ATTACHED, metrics)


def _get_metric_data(metrics: Metrics, asked: Mapping[str, Any]) -> dict[str, object]:
    queries = asked["MetricDataQueries"]
    if len(queries) > _MOST_QUERIES:
        raise UnplayedError(f"{len(queries)} queries: CloudWatch takes {_MOST_QUERIES}")
    return {"MetricDataResults": [_result(metrics, query, asked) for query in queries]}


def _result(metrics: Metrics, query: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, object]:
    wanted = query["MetricStat"]
    if wanted["Stat"] != "Average" or int(wanted["Period"]) != PERIOD.total_seconds():
        raise UnplayedError(f"{query['Id']}: only averages of five minutes are played")
    metric = wanted["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
    span = aware(asked["StartTime"]), aware(asked["EndTime"])
    points = metrics.points(metric["Namespace"], metric["MetricName"], dimensions, *span)[::-1]  # newest first
    return {
        "Id": query["Id"],
        "Label": metric["MetricName"],
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }
