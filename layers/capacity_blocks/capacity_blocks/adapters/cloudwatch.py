"""How busy reservations are, as CloudWatch counts it. What cannot be read is not known."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from capacity_blocks.adapters.aws_error import code
from capacity_blocks.core.reminder.settings import Metric
from capacity_blocks.core.reminder.usage import PERIOD, WINDOW, Usage, average

if TYPE_CHECKING:
    from types_boto3_cloudwatch.client import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef

# "Monitor Capacity Reservations usage with CloudWatch metrics": the share of a reservation's instances that is in use,
# in percent, every 5 minutes. Assumed to be counted for Capacity Blocks too, which are reservations; if it is not, the
# use of a block is not known, and nothing is concluded from it.
NAMESPACE, NAME, DIMENSION = "AWS/EC2CapacityReservations", "InstanceUtilization", "CapacityReservationId"
MOST_QUERIES = 500  # of one call, GetMetricDataInput$MetricDataQueries
COMPLETE = frozenset({"Complete", "PartialData"})
SECOND = timedelta(seconds=1)

Values = Mapping[datetime, float]


class CloudWatchUtilization:
    PERMISSIONS = frozenset({"cloudwatch:GetMetricData"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def usages(
        self, metrics: Mapping[str, Metric | None], starts: Mapping[str, datetime], now: datetime
    ) -> Mapping[str, Usage]:
        names, found = iter(sorted(metrics)), dict[str, Usage]()
        while some := tuple(islice(names, MOST_QUERIES // 2)):  # two queries of each
            try:
                values = self._values({each: metrics[each] for each in some}, now)
            except (ClientError, BotoCoreError, ResponseParserError) as error:
                words = code(error) if isinstance(error, ClientError) else type(error).__name__
                found |= dict.fromkeys(some, Usage(trouble=f"CloudWatch did not answer: {words}"))
                continue
            found |= {
                each: Usage(
                    instances=_average(values.get((each, NAME), {}), starts[each], now),
                    accelerators=_average(values.get((each, "accelerators"), {}), starts[each], now),
                )
                for each in some
            }
        return found

    def _values(self, metrics: Mapping[str, Metric | None], now: datetime) -> Mapping[tuple[str, str], Values]:
        """Return the values of each reservation's metrics, by reservation id and what it is of."""
        asked = dict(_queries(metrics))
        queries: Sequence[MetricDataQueryTypeDef] = [
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": metric.namespace,
                        "MetricName": metric.name,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
                    },
                    "Period": PERIOD // SECOND,
                    "Stat": "Average",
                },
            }
            for number, metric in enumerate(asked.values())
        ]
        results: dict[str, dict[datetime, float]] = {}
        for page in self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=now - WINDOW, EndTime=now
        ):
            for result in page["MetricDataResults"]:
                results.setdefault(result["Id"], {}).update(_read(result))
        return {what: results.get(f"q{number}", {}) for number, what in enumerate(asked)}


def _queries(metrics: Mapping[str, Metric | None]) -> list[tuple[tuple[str, str], Metric]]:
    found = []
    for reservation_id, accelerators in metrics.items():
        own = Metric(namespace=NAMESPACE, name=NAME, dimensions=((DIMENSION, reservation_id),))
        found.append(((reservation_id, NAME), own))
        if accelerators is not None:
            found.append(((reservation_id, "accelerators"), accelerators))
    return found


def _read(result: "MetricDataResultTypeDef") -> Values:
    if result["StatusCode"] not in COMPLETE:
        return {}
    return dict(zip(result["Timestamps"], result["Values"], strict=True))


def _average(values: Values, start: datetime, now: datetime) -> Decimal | None:
    since = max(start, now - WINDOW)
    return average([value for at, value in values.items() if at >= since], now - since)
