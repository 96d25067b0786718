import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import a_notice, at
from tests.fakes.clock import FakeClock


class Mailbox:
    """A queue that is subscribed to a topic."""

    def __init__(self) -> None:
        self.clock = FakeClock(at("2027-03-21T11:30"))
        self._sns, self._sqs = aws.client("sns"), aws.client("sqs")
        self.topic = self._sns.create_topic(Name="notices")["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName="notices")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        self._sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=attributes["QueueArn"])

    def send(self, notice: Notice, *, observe_only: bool = False) -> None:
        self.notifier(observe_only=observe_only).send(notice)

    def notifier(self, *, observe_only: bool = False) -> SnsNotifier:
        return SnsNotifier(self._sns, self.topic, self.clock, observe_only=observe_only)

    def hints(self) -> list[str]:
        """Return which notices hint that they are waited for."""
        messages = [
            each for _ in range(10) for each in self._sqs.receive_message(QueueUrl=self._queue).get("Messages", [])
        ]
        envelopes = [json.loads(each["Body"]) for each in messages]
        return sorted(json.loads(each["Message"])["title"] for each in envelopes if "hint" in each["MessageAttributes"])

    def received(self) -> dict[str, Any]:
        [one] = self._sqs.receive_message(QueueUrl=self._queue)["Messages"]
        envelope: dict[str, Any] = json.loads(one["Body"])
        return envelope


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with aws.moto():
        yield Mailbox()


def test_a_notice_can_be_filtered_by_pool_kind_and_severity(mailbox: Mailbox) -> None:
    mailbox.send(a_notice(severity=Severity.WARNING))

    assert {k: v["Value"] for k, v in mailbox.received()["MessageAttributes"].items()} == {
        "pool": "training",
        "kind": "scaled-out",
        "severity": "warning",
    }


@pytest.mark.parametrize(
    ("changes", "hinted"),
    [
        ({"severity": Severity.CRITICAL}, True),
        ({"kind": "purchase-asked"}, True),
        ({"kind": "extension-asked"}, True),
        ({"severity": Severity.WARNING}, False),
    ],
)
def test_what_people_wait_for_is_hinted_at(changes: dict[str, Any], hinted: bool, mailbox: Mailbox) -> None:
    mailbox.send(a_notice(title="it", **changes))

    assert mailbox.hints() == ["it"] * hinted


def test_of_a_burst_a_notice_every_two_seconds_is_hinted_at(mailbox: Mailbox) -> None:
    notifier = mailbox.notifier()
    for number in range(9):
        notifier.send(a_notice(title=f"{number}", severity=Severity.CRITICAL))
        mailbox.clock.sleep_until(mailbox.clock.now() + timedelta(milliseconds=500))

    assert mailbox.hints() == ["0", "4", "8"]


def test_a_hint_that_was_not_sent_silences_no_other(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    notifier = mailbox.notifier()
    with monkeypatch.context() as broken:
        broken.setattr(notifier, "_topic_arn", "arn:aws:sns:us-east-2:123456789012:gone")
        with pytest.raises(AwsError):
            notifier.send(a_notice(title="lost", severity=Severity.CRITICAL))
    notifier.send(a_notice(title="sent", severity=Severity.CRITICAL))

    assert mailbox.hints() == ["sent"]


def test_a_notice_about_no_pool_is_filtered_by_a_dash(mailbox: Mailbox) -> None:
    mailbox.send(a_notice(pool=None))

    assert mailbox.received()["MessageAttributes"]["pool"]["Value"] == "-"


def test_a_notice_has_a_subject(mailbox: Mailbox) -> None:
    mailbox.send(a_notice())

    assert mailbox.received()["Subject"] == "[info] train is scaled out to 8 on cr-0a"


def test_an_observer_says_so_in_subject_and_facts(mailbox: Mailbox) -> None:
    mailbox.send(a_notice(), observe_only=True)

    envelope = mailbox.received()
    told = json.loads(envelope["Message"])
    assert envelope["Subject"] == "[info] Observe only: train is scaled out to 8 on cr-0a"
    assert told["text"].startswith("Observe only: nothing was changed.")
    assert told["observe_only"] is True


def test_a_topic_that_is_gone_is_an_error() -> None:
    clock, topic = FakeClock(at("2027-03-21T11:30")), "arn:aws:sns:us-east-2:123456789012:gone"
    with aws.moto(), pytest.raises(AwsError, match="NotFound"):
        SnsNotifier(aws.client("sns"), topic, clock, observe_only=False).send(a_notice())
