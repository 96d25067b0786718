"""The functions that tell people elsewhere than by mail, as built, under AWS's runtime client, and Slack's layer."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.built.conftest import BUILD
from tests.built.local_aws import LocalAws
from tests.built.runtime_api import Built, Kind, Running, running
from tests.built.samples import EVENTS, events_for
from tests.template.stack import ROOT, environment

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("built")

SLACK, AMAZON_Q = "NotifySlackFunction", "NotifyAmazonQFunction"
PINNED = dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / "layers/slack/requirements.txt").read_text(), re.MULTILINE))
MOST_MEGABYTES = 3


@pytest.fixture(scope="module")
def queue(aws: LocalAws) -> str:
    url: str = aws.client("sqs").create_queue(QueueName="slack")["QueueUrl"]
    return url


@pytest.fixture(scope="module")
def read(aws: LocalAws) -> tuple[str, str]:
    """Make a topic for Amazon Q and a queue that listens to it."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic: str = sns.create_topic(Name="amazon-q")["TopicArn"]
    url: str = sqs.create_queue(QueueName="amazon-q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic, url


@pytest.fixture(scope="module")
def functions(
    built: Mapping[str, Built], runtime: Path, aws: LocalAws, queue: str, read: tuple[str, str]
) -> Iterator[Mapping[str, Running]]:
    ours = {"SLACK_QUEUE_URL": queue, "AMAZON_Q_TOPIC_ARN": read[0]}
    with ExitStack() as exits:
        yield {
            name: exits.enter_context(running(built[name], environment(name) | aws.environment | ours, runtime))
            for name in (SLACK, AMAZON_Q)
        }


def test_a_sweep_that_finds_nothing_says_so(functions: Mapping[str, Running]) -> None:
    outcome = functions[SLACK].invoke(EVENTS["notify-slack-sweep"])

    assert (outcome.kind, outcome.payload["outcome"]) == (Kind.RESPONSE, "nothing waits")


def test_a_secret_that_is_not_there_is_an_error_and_costs_no_notice(
    functions: Mapping[str, Running], aws: LocalAws, queue: str
) -> None:
    aws.client("sqs").send_message(QueueUrl=queue, MessageBody="{}")
    outcome = functions[SLACK].invoke(EVENTS["notify-slack-sweep"])
    left = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "AwsError")
    assert "GetSecretValue" in outcome.payload["errorMessage"]
    assert left["Attributes"]["ApproximateNumberOfMessages"] == "1"


@pytest.mark.parametrize("name", events_for(AMAZON_Q))
def test_a_notice_is_published_for_amazon_q(
    functions: Mapping[str, Running], aws: LocalAws, read: tuple[str, str], name: str
) -> None:
    outcome = functions[AMAZON_Q].invoke(EVENTS[name])
    [message] = aws.client("sqs").receive_message(QueueUrl=read[1])["Messages"]
    published = json.loads(message["Body"])

    assert (outcome.kind, outcome.payload) == (
        Kind.RESPONSE,
        {"notices": ["cr-0123456789abcdef0:train-a:drain-ahead"]},
    )
    assert (published["source"], published["metadata"]["threadId"]) == ("custom", "cr-0123456789abcdef0")


def test_the_layer_holds_slacks_client_alone_and_is_small(built: Mapping[str, Built]) -> None:
    layer = BUILD / "SlackLayer" / "python"
    there = {path.name.removesuffix(".dist-info") for path in layer.glob("*.dist-info")}

    assert layer in built[SLACK].layers or layer.parent in built[SLACK].layers
    assert there == {f"{name.replace('-', '_')}-{version}" for name, version in PINNED.items()}
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) < MOST_MEGABYTES * 2**20
