"""SNS: what is published is kept as its readers see it, and delivered to functions, queues and mailboxes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

from moto.sns.exceptions import InvalidParameterValue
from moto.sns.models import Topic

from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.delivery import Delivery, UndeliverableError
from simulator.journal import Journal, written
from simulator.randomness import component


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One publish: the text that people get by mail, and the facts that functions, queues and webhooks get."""

    at: datetime
    topic: str
    subject: str | None
    text: str
    facts: Any


class Notifications:
    """All topics of the account."""

    def __init__(
        self, clock: VirtualClock, assumptions: Assumptions, journal: Journal, delivery: Delivery, seed: int
    ) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._journal = journal
        self._delivery = delivery
        self._rng = component(seed, "sns")
        self.notices: list[Notice] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand in for moto's delivery, which is synchronous and knows no mailboxes."""

        def publish(
            topic: Any,
            message: str,
            subject: str | None = None,
            message_attributes: Mapping[str, Any] | None = None,
            group_id: str | None = None,
            deduplication_id: str | None = None,
            message_structure: str | None = None,
        ) -> str:
            del group_id, deduplication_id  # of FIFO topics, which nothing here uses
            by_protocol = _by_protocol(message, message_structure)
            return self._publish(topic, by_protocol, subject, message_attributes or {})

        with mock.patch.object(Topic, "publish", publish):
            yield

    def _publish(
        self, topic: Any, by_protocol: Mapping[str, str], subject: str | None, attributes: Mapping[str, Any]
    ) -> str:
        message_id = str(uuid4())
        text = by_protocol.get("email", by_protocol["default"])
        facts = _facts(by_protocol.get("lambda", by_protocol.get("sqs", by_protocol["default"])))
        notice = Notice(at=self._clock.now(), topic=topic.name, subject=subject, text=text, facts=facts)
        self.notices.append(notice)
        self._journal.add("notice", subject or topic.name, text)
        subscriptions, _ = topic.sns_backend.list_subscriptions_by_topic(topic_arn=topic.arn)
        for subscription in sorted(subscriptions, key=lambda one: (one.protocol, one.endpoint)):
            message = by_protocol.get(subscription.protocol, by_protocol["default"])
            matcher = subscription._filter_policy_matcher
            if matcher is None or matcher.matches(attributes, message):
                delay = self._assumptions.notification_delivery.draw(self._rng)
                envelope = _envelope(topic.arn, message_id, subject, message, self._clock.now(), attributes)
                self._clock.call_in(delay, partial(self._deliver, subscription, envelope), "notification")
        return message_id

    def _deliver(self, subscription: Any, envelope: Mapping[str, Any]) -> None:
        try:
            match subscription.protocol:
                case "sqs" if subscription.attributes.get("RawMessageDelivery") == "true":
                    self._delivery.message(subscription.endpoint, envelope["Message"], {})
                case "sqs":
                    self._delivery.message(subscription.endpoint, json.dumps(envelope), {})
                case "lambda":
                    record = {
                        "EventSource": "aws:sns",
                        "EventVersion": "1.0",
                        "EventSubscriptionArn": subscription.arn,
                        "Sns": envelope,
                    }
                    self._delivery.send(subscription.endpoint, json.dumps({"Records": [record]}), "SNS")
                case _:
                    pass  # mail and web hooks leave the account: `notices` is where they end
        except UndeliverableError as failure:
            self._journal.add("notice undelivered", subscription.endpoint, str(failure))


def _by_protocol(message: str, structure: str | None) -> Mapping[str, str]:
    if structure != "json":
        return {"default": message}
    try:
        parts = json.loads(message)
    except ValueError as malformed:
        raise InvalidParameterValue(
            "Invalid parameter: Message Structure - JSON message body failed to parse"
        ) from malformed
    if not isinstance(parts, dict) or "default" not in parts:
        raise InvalidParameterValue("Invalid parameter: Message Structure - No default entry in JSON message body")
    return {protocol: part for protocol, part in parts.items() if isinstance(part, str)}


def _facts(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return None


def _envelope(
    topic: str, message_id: str, subject: str | None, message: str, at: datetime, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """Write a notification as "Parsing message formats" and "Using Lambda with Amazon SNS" show it."""
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic,
        "Subject": subject,
        "Message": message,
        "Timestamp": written(at),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertUrl": "EXAMPLE",
        "UnsubscribeUrl": "EXAMPLE",
        "MessageAttributes": {
            name: {"Type": attribute["Type"], "Value": attribute["Value"]} for name, attribute in attributes.items()
        },
    }
