"""Notices to people and programs, through one SNS topic."""

from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.notice_message import message, observed, subject
from capacity_blocks.core.notice import Notice

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient


class SnsNotifier:
    """`observe_only` makes every notice say that nothing was changed."""

    PERMISSIONS = frozenset({"sns:Publish"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SNSClient", topic_arn: str, *, observe_only: bool) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._observe_only = observe_only

    @raises_aws_error
    def send(self, notice: Notice) -> None:
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
            },
        )
