"""A function that does what its event says."""

import json
import os
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from shared import client, client_with  # type: ignore[import-not-found]  # on the path of its own environment alone

runs = [0]
failures_left: dict[str, int] = {}


class TransientError(Exception):
    """Goes away when tried again."""


class PermanentError(Exception):
    """Stays."""


def lambda_handler(event: dict[str, Any], context: Any) -> Any:  # noqa: C901  # one line for each thing that it can do
    runs[0] += 1
    sys.stdout.write(f"run {runs[0]} of {context.function_name}\n")
    match event.get("do"):
        case "sleep":
            return _sleep(event["seconds"], context)
        case "sleep and write":
            return _sleep_and_write(event["seconds"])
        case "fail":
            raise PermanentError(event.get("message", "as asked"))
        case "fail at first":
            return _fail_at_first(event)
        case "write":
            return _write(event["key"], **_config(event))
        case "read":
            item = client("dynamodb").get_item(
                TableName=os.environ["TABLE"],
                Key={"key": {"S": event["key"]}},
                ConsistentRead=event.get("consistent", False),
            )
            return {"found": "Item" in item, "at": datetime.now(UTC).isoformat()}
        case "list":
            return {"queues": len(client("sqs").list_queues().get("QueueUrls", []))}
        case "publish":
            return client("sns").publish(TopicArn=os.environ["TOPIC"], **event["with"])["MessageId"]
        case "return a datetime":
            return datetime.now(UTC)
        case "schedule":
            client("scheduler").create_schedule(**event["with"])
            return {"scheduled": event["with"]["Name"]}
        case "call":
            answer = client("lambda").invoke(FunctionName=event["function"], Payload=event["payload"])
            return {"error": answer.get("FunctionError"), "payload": answer["Payload"].read().decode()}
        case None if "requestContext" in event:
            return _answer_request(event)
        case "api":
            method = getattr(client_with(event["service"], **_config(event)), event["method"])
            return json.loads(json.dumps(method(**event["with"]), default=str))
        case "sweep":
            return {"look_again_at": event.get("look_again_at"), "blocks": _blocks()}
        case _:
            return {"runs": runs[0], "event": event, "environment": dict(os.environ), "id": str(uuid.uuid4())}


def _answer_request(event: dict[str, Any]) -> Any:
    """Do what the body of a request says."""
    asked = json.loads(event.get("body") or "{}")
    match asked.get("do"):
        case "refuse":
            return {"statusCode": 409, "headers": {"Content-Type": "application/json"}, "body": '{"told": "no"}'}
        case "say":
            return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": asked["text"]}
        case "fail":
            raise PermanentError("as asked")
        case _:
            return {"event": event}


def _sleep(seconds: float, context: Any) -> Any:
    before = context.get_remaining_time_in_millis()
    time.sleep(seconds)
    return {"before": before, "after": context.get_remaining_time_in_millis(), "greeting": os.environ["GREETING"]}


def _sleep_and_write(seconds: float) -> None:
    try:
        time.sleep(seconds)
    finally:
        _write("from finally")


def _fail_at_first(event: dict[str, Any]) -> Any:
    left = failures_left.setdefault("left", event["times"])
    if left:
        failures_left["left"] -= 1
        raise TransientError(f"{left} left")
    return {"after failures": True}


def _config(event: dict[str, Any]) -> dict[str, Any]:
    """Say what the client is made with."""
    once: dict[str, Any] = {"retries": {"total_max_attempts": 1}} if event.get("retries") is False else {}
    return once | ({"read_timeout": event["read_timeout"]} if "read_timeout" in event else {})


def _write(key: str, **config: Any) -> Any:
    table, dynamodb = os.environ["TABLE"], client_with("dynamodb", **config)
    dynamodb.put_item(TableName=table, Item={"key": {"S": f"{key} 1"}})
    dynamodb.put_item(TableName=table, Item={"key": {"S": f"{key} 2"}})
    return {"written": 2}


def _blocks() -> int:
    return len(client("ec2").describe_capacity_reservations()["CapacityReservations"])
