"""The fake and SNS, as a queue sees it, keep the same promises."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from capacity_blocks.adapters.notice_message import facts
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.core.notice import Choice, Severity, Tone
from capacity_blocks.ports import Notifier
from tests import aws
from tests.factories import a_notice, at
from tests.fakes import FakeNotifier
from tests.fakes.clock import FakeClock

Received = Callable[[], list[Mapping[str, Any]]]


@pytest.fixture(params=["fake", "sns"])
def notifier(request: pytest.FixtureRequest) -> Iterator[tuple[Notifier, Received]]:
    """Return a notifier, and what tells which facts have arrived, in any order."""
    if request.param == "fake":
        fake = FakeNotifier()
        yield fake, lambda: [facts(notice, observe_only=False) for notice in fake.sent]
        return
    with aws.moto():
        sns, sqs = aws.client("sns"), aws.client("sqs")
        topic = sns.create_topic(Name="notices")["TopicArn"]
        queue = sqs.create_queue(QueueName="notices")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

        def received() -> list[Mapping[str, Any]]:
            messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            return [json.loads(json.loads(each["Body"])["Message"]) for each in messages]

        yield SnsNotifier(sns, topic, FakeClock(at("2027-03-21T11:30")), observe_only=False), received


def test_nothing_arrives_unsent(notifier: tuple[Notifier, Received]) -> None:
    _, received = notifier

    assert received() == []


def test_a_notice_arrives_with_all_its_facts(notifier: tuple[Notifier, Received]) -> None:
    port, received = notifier
    port.send(
        a_notice(
            severity=Severity.CRITICAL,
            text='Auto Scaling says "no": näher?\nSecond line.',
            reason="its last launch failed",
            next_step="Look.",
            thread="train-1",
            facts=(("idle", "8"), ("since", "2026-03-01 11:30 UTC")),
            choices=(Choice(label="Do", value=(("intent_id", "i-1"),), tone=Tone.GOOD, confirm="Sure?"),),
        )
    )

    assert received() == [
        {
            "key": "cr-0a:train:scaled-out",
            "kind": "scaled-out",
            "severity": "critical",
            "pool": "training",
            "region": "us-east-2",
            "reservation_id": "cr-0a",
            "target": "train",
            "title": "train is scaled out to 8 on cr-0a",
            "text": 'Auto Scaling says "no": näher?\nSecond line.',
            "reason": "its last launch failed",
            "next_step": "Look.",
            "thread": "train-1",
            "facts": {"idle": "8", "since": "2026-03-01 11:30 UTC"},
            "choices": [{"label": "Do", "value": {"intent_id": "i-1"}, "tone": "good", "confirm": "Sure?"}],
            "observe_only": False,
        }
    ]


def test_a_notice_about_no_pool_arrives_too(notifier: tuple[Notifier, Received]) -> None:
    port, received = notifier
    port.send(a_notice(pool=None, region=None, reservation_id=None, target=None))

    assert [each["pool"] for each in received()] == [None]
