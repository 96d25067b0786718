"""Where EventBridge, Scheduler, SNS and Lambda's destinations hand things over: one place for every kind of target."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from simulator.lambda_ import Functions

_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
# Scheduler's universal targets name services as the Java SDK does, in lower case; boto3 has other names for some.
_SERVICES = {"sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs"}


class UndeliverableError(Exception):
    """The target is not there or refuses. AWS does not try again: it goes to the dead-letter queue, if any."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Delivery:
    """Hands payloads over to functions, queues, topics, state machines, buses and, for Scheduler, any API."""

    def __init__(self, functions: Functions, client: Callable[[str, str], Any]) -> None:
        self._functions = functions
        self._client = client
        self.forward: Callable[[str, dict[str, Any]], None] = _no_bus  # puts an event on another bus, as it is

    def send(self, arn: str, payload: str, trigger: str, options: Mapping[str, Any] | None = None) -> None:
        """Hand over `payload`, already rendered. A function takes it asynchronously, as from every AWS service."""
        if arn.startswith(_UNIVERSAL):
            self._universal(arn, payload)
            return
        service, region = arn.split(":")[2:4]
        try:
            match service:
                case "lambda":
                    self._functions.send(arn, payload, trigger)
                case "sqs":
                    self.message(arn, payload, {}, options or {})
                case "sns":
                    self._client("sns", region).publish(TopicArn=arn, Message=payload)
                case "states":
                    self._client("stepfunctions", region).start_execution(stateMachineArn=arn, input=payload)
                case "events":
                    self.forward(arn, json.loads(payload))
                case _:
                    raise UndeliverableError("SDK_CLIENT_ERROR", f"{arn}: the simulator delivers to no {service}")
        except LookupError as missing:
            raise UndeliverableError("RESOURCE_NOT_FOUND", str(missing)) from missing

    def message(
        self, arn: str, body: str, attributes: Mapping[str, str], options: Mapping[str, Any] | None = None
    ) -> None:
        """Put a message into a queue, with string attributes."""
        _, _, _, region, account, name = arn.split(":", 5)
        client = self._client("sqs", region)
        try:
            url = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        except client.exceptions.QueueDoesNotExist as missing:
            raise UndeliverableError("RESOURCE_NOT_FOUND", f"{arn} does not exist") from missing
        written = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items() if value}
        group = {key: value for key, value in (options or {}).items() if key == "MessageGroupId"}
        client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=written, **group)

    def _universal(self, arn: str, payload: str) -> None:
        service, operation = arn.removeprefix(_UNIVERSAL).split(":")
        client = self._client(_SERVICES.get(service, service), "")
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            getattr(client, method)(**json.loads(payload or "{}"))
        except client.exceptions.ClientError as refusal:
            raise UndeliverableError(refusal.response["Error"]["Code"], str(refusal)) from refusal


def _no_bus(arn: str, _event: dict[str, Any]) -> None:
    raise LookupError(f"there is no bus {arn}")
