"""The queue between the topic and Slack."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.ports import AwsError
from capacity_blocks.telling_ports import Letter

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient

BATCH = 10  # SQS: ReceiveMessage$MaxNumberOfMessages, and the entries of a batch
SECOND = timedelta(seconds=1)
RECEIVES: Final = "ApproximateReceiveCount"


class SqsLetters:
    PERMISSIONS = frozenset(
        {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    )
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    @raises_aws_error
    def any_waits(self) -> bool:
        answer = self._client.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return answer["Attributes"]["ApproximateNumberOfMessages"] != "0"

    @raises_aws_error
    def receive(self, wait: timedelta) -> Sequence[Letter]:
        # Not a page of a list: who asks again gets others. The read time-out of our clients is above any wait here.
        answer = self._client.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=wait // SECOND,
            MessageSystemAttributeNames=[RECEIVES],
        )
        return [
            Letter(receipt=each["ReceiptHandle"], body=each["Body"], receives=int(each.get("Attributes", {})[RECEIVES]))
            for each in answer.get("Messages", [])
        ]

    @raises_aws_error
    def delete(self, receipts: Sequence[str]) -> None:
        """Try all of them, and what SQS did not delete once more: what is left would be told again."""
        for error in self._left([*self._left(receipts)]).values():
            raise error

    def _left(self, receipts: Sequence[str]) -> Mapping[str, AwsError]:
        """Delete what can be deleted, and return what is left, and why."""
        left = {}
        for batch in _batches(receipts):
            answer = self._client.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(batch)],
            )
            for failed in answer.get("Failed", []):
                left[batch[int(failed["Id"])]] = AwsError(
                    "DeleteMessageBatch", failed["Code"], failed.get("Message", ""), definite=failed["SenderFault"]
                )
        return left

    @raises_aws_error
    def put_back(self, receipts: Sequence[str], after: timedelta) -> None:
        """What cannot be put back now is there again all the same, once the queue's own time-out is over."""
        for batch in _batches(receipts):
            self._client.change_message_visibility_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": ceil(after / SECOND)}
                    for number, receipt in enumerate(batch)
                ],
            )


def _batches(receipts: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(receipts), BATCH):
        yield receipts[first : first + BATCH]
