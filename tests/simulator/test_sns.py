"""Publishes are seen as people and programs get them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from simulator.sns import Notice
from tests.simulator.stage import deployed, messages

FACTS = {"kind": "block delivered", "pool": "training"}


def test_a_structured_message_is_text_for_people_and_facts_for_programs() -> None:
    parts = {
        "default": "It is here.",
        "email": "It is here, dear reader.",
        "sqs": json.dumps(FACTS),
        "lambda": json.dumps(FACTS),
    }
    with deployed() as world:
        asked = {"Subject": "News", "Message": json.dumps(parts), "MessageStructure": "json"}
        world.invoke("ProbeFunction", {"do": "publish", "with": asked})
        world.run_for(timedelta(minutes=1))
        (message,) = messages(world, "Inbox")
        (notice,) = world.notices
        topic = world.client("sns").list_topics()["Topics"][0]["TopicArn"].split(":")[-1]
    assert notice == Notice(at=notice.at, topic=topic, subject="News", text="It is here, dear reader.", facts=FACTS)
    assert notice.at - datetime(2027, 3, 1, 9, tzinfo=UTC) < timedelta(seconds=2)
    assert json.loads(message["body"]["Message"]) == FACTS
    assert message["body"]["Subject"] == "News"


def test_a_plain_message_is_the_same_for_everybody() -> None:
    with deployed() as world:
        world.client("sns").publish(TopicArn=world.physical_id("Topic"), Message="plain")
        world.run_for(timedelta(minutes=1))
        assert [(notice.text, notice.facts) for notice in world.notices] == [("plain", None)]
        assert [message["body"]["Message"] for message in messages(world, "Inbox")] == ["plain"]


@pytest.mark.parametrize("message", ["no json", '{"email": "without a default"}', '["a list"]'])
def test_a_broken_structure_is_refused(message: str) -> None:
    with deployed() as world:
        with pytest.raises(ClientError, match="Message Structure"):
            world.client("sns").publish(TopicArn=world.physical_id("Topic"), Message=message, MessageStructure="json")
        assert world.notices == []


def test_a_function_that_subscribes_gets_a_record() -> None:
    with deployed() as world:
        arn = world.functions.find("SerialFunction").arn
        world.client("sns").subscribe(TopicArn=world.physical_id("Topic"), Protocol="lambda", Endpoint=arn)
        world.client("sns").publish(TopicArn=world.physical_id("Topic"), Message="plain")
        world.run_for(timedelta(minutes=1))
        (run,) = world.functions.invocations
    (record,) = json.loads(run.payload)["Records"]
    assert (record["EventSource"], record["Sns"]["Message"]) == ("aws:sns", "plain")
