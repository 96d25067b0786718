"""A stage for what people are told in Slack: the product with a workspace of Slack on loopback."""

import importlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.core.notice import Notice
from simulator.sandbox import Sandboxes
from simulator.slack import Posted, Slack, Workspace, serving
from simulator.world import REMINDERS
from tests.e2e.stage import IAM_SERVICES, Stage, staged
from tests.factories import a_notice

CHANNEL, OTHER = "C0SIMULATE", "C0OTHER"
FUNCTION = "NotifySlackFunction"
IAM_ACTIONS = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
}
SECOND = timedelta(seconds=1)
# Most of these stories have no block: nobody need look for one.
OTHER_SWEEPS = ("ReconcileFunctionSweep", "FollowPurchaseFunctionSweep", *REMINDERS)
OPEN = ExitStack()
SANDBOXES = Sandboxes()  # kept over from test to test: none of them is about what an environment remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackStage:
    stage: Stage
    slack: Slack

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    @property
    def messages(self) -> list[Posted]:
        return self.workspace.messages

    def publish(self, *notices: Notice) -> None:
        """Publish notices on the topic, as every function does."""
        topic = self.stage.world.physical_id("Topic")
        notifier = SnsNotifier(self.stage.client("sns"), topic, SystemClock(), observe_only=False)
        for notice in notices:
            notifier.send(notice)

    def waiting(self) -> int:
        """Return how many messages are in the queue, seen or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.stage.world.physical_id("SlackQueue")
        counts = self.stage.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in counts.values())

    def dead(self) -> int:
        url = self.stage.world.physical_id("DeadLetters")
        answer = self.stage.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def fastest(self) -> timedelta:
        """Return the shortest time between two messages to one channel."""
        by_channel: dict[str, list[datetime]] = {}
        for posted in self.messages:
            by_channel.setdefault(posted.channel, []).append(posted.at)
        gaps = [b - a for times in by_channel.values() for a, b in pairwise(times)]
        return min(gaps, default=timedelta.max)

    def told(self, ids: Sequence[str]) -> Counter[str]:
        """Count the messages that name each of the ids."""
        return Counter({one: sum(one in posted.words for posted in self.messages) for one in ids})

    def undeclared(self) -> set[str]:
        calls = {
            f"{IAM_SERVICES.get(call.service, call.service)}:{IAM_ACTIONS.get(call.operation, call.operation)}"
            for call in self.stage.world.calls.of(FUNCTION)
        }
        adapters = importlib.import_module("capacity_blocks.bootstrap.notify_slack").ADAPTERS
        return calls - frozenset().union(*(adapter.PERMISSIONS for adapter in adapters))


@contextmanager
def telling(*, webhook: bool = False, **options: Any) -> Iterator[SlackStage]:
    """Play with Slack; in the end Slack must have refused nothing, and its function called nothing undeclared."""
    slack = served()
    slack.workspace.forget()
    parameters = {**slack.parameters(), **options.pop("parameters", {})}
    with staged(**{"parameters": parameters, "without": OTHER_SWEEPS, "sandboxes": SANDBOXES, **options}) as stage:
        slack.keep_secrets(stage.client("secretsmanager"), webhook=webhook)
        played = SlackStage(stage=stage, slack=slack)
        yield played
        assert played.undeclared() == set()
    assert slack.workspace.refused == []


@cache
def served() -> Slack:
    """Serve one workspace for all stories of a process: with its address the template is another one each time."""
    return OPEN.enter_context(serving(Workspace(channels=(CHANNEL, OTHER))))


def ending(number: int, **changes: Any) -> Notice:
    """Return what people are told of one of many blocks that end together."""
    reservation_id = f"cr-{number:017x}"
    given = {
        "key": f"{reservation_id}:train-{number}:drain-ahead",
        "kind": "drain-ahead",
        "title": f"train-{number} is drained at 2027-03-21 10:50 UTC",
        "text": f"{reservation_id} ends at 2027-03-21 11:30 UTC.",
        "reservation_id": reservation_id,
        "target": f"train-{number}",
    }
    return a_notice(**(given | changes))


def routed(pool: str, **routes: Any) -> tuple[str, str]:
    return pool, json.dumps({"routes": routes})
