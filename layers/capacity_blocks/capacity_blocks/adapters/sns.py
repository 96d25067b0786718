"""Notices to people and programs, through one SNS topic."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.notice_message import message, observed, subject
from capacity_blocks.core.notice import Notice
from capacity_blocks.ports import Clock

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient


# What follows a hint so soon is told by whoever the hint wakes: they wait for three seconds after what came last.
HINT_AGAIN = timedelta(seconds=2)


class SnsNotifier:
    """`observe_only` makes every notice say that nothing was changed.

    The attribute `hint` is on what people wait for, to wake whoever tells it at once. Of a burst only few have it: each
    hint may start an environment of its own.
    """

    PERMISSIONS = frozenset({"sns:Publish"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SNSClient", topic_arn: str, clock: Clock, *, observe_only: bool) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._clock = clock
        self._observe_only = observe_only
        self._hinted_at: datetime | None = None

    @raises_aws_error
    def send(self, notice: Notice) -> None:
        now = self._clock.now()
        hints = notice.is_awaited and (self._hinted_at is None or now - self._hinted_at >= HINT_AGAIN)
        told = observed(notice) if self._observe_only else notice
        self._client.publish(
            TopicArn=self._topic_arn,
            Subject=subject(told),
            MessageStructure="json",
            Message=message(told, observe_only=self._observe_only),
            MessageAttributes={
                "pool": {"DataType": "String", "StringValue": told.pool or "-"},  # a value may not be empty
                "kind": {"DataType": "String", "StringValue": told.kind},
                "severity": {"DataType": "String", "StringValue": told.severity.value},
                **({"hint": {"DataType": "String", "StringValue": "now"}} if hints else {}),
            },
        )
        if hints:
            self._hinted_at = now
