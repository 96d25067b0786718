"""The topic that Amazon Q Developer in chat applications listens to."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient


class SnsAmazonQ:
    PERMISSIONS = frozenset({"sns:Publish"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    @raises_aws_error
    def send(self, notification: Mapping[str, Any]) -> None:
        self._client.publish(TopicArn=self._topic_arn, Message=json.dumps(dict(notification), ensure_ascii=False))
