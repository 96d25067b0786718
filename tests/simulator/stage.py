"""The small application of `app/`, deployed in a world."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator.world import World

APP = Path(__file__).parent / "app" / "template.yaml"


@contextmanager
def deployed(**options: Any) -> Iterator[World]:
    with World(template=APP, **options) as world:
        yield world


def messages(world: World, queue: str) -> list[Any]:
    """Take everything out of a queue, parsed."""
    client, url = world.client("sqs"), world.physical_id(queue)
    found: list[Any] = []
    while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        for message in batch:
            attributes = {name: one["StringValue"] for name, one in message.get("MessageAttributes", {}).items()}
            found.append({"body": json.loads(message["Body"]), "attributes": attributes})
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def keys(world: World) -> list[str]:
    """List what is in the table of the application."""
    items = world.client("dynamodb").scan(TableName=world.physical_id("Table"))["Items"]
    return sorted(item["key"]["S"] for item in items)
