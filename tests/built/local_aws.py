"""AWS behind a built function: the local one, served on loopback since the function is a process of its own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto.ec2.models import ec2_backends
from moto.server import ThreadedMotoServer

from simulator import moto_ec2
from simulator.assumptions import Assumptions
from simulator.capacity_blocks import CapacityBlockEngine
from simulator.clock import VirtualClock
from simulator.sample import scheduled_block

ACCOUNT = "123456789012"
REGION = "us-east-2"
RESERVATION = "cr-0123456789abcdef0"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAws:
    """Where it listens, and what a function must be told of it."""

    endpoint: str
    topic_arn: str
    ledger_table: str
    schedule_group: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "TOPIC_ARN": self.topic_arn,
            "LEDGER_TABLE": self.ledger_table,
            "SCHEDULE_GROUP": self.schedule_group,
        }

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )


@contextmanager
def local_aws() -> Iterator[LocalAws]:
    """Serve an account with one Capacity Block, paid for and due tomorrow, that pool `training` claims."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        _add_block(datetime.now(UTC))
        yield _with_stack(f"http://{host}:{port}")
    finally:
        ec2_backends[ACCOUNT][REGION].reset()
        server.stop()


def _with_stack(endpoint: str) -> LocalAws:
    """Create what the template gives the function to work with."""
    aws = LocalAws(endpoint=endpoint, topic_arn="", ledger_table="ledger", schedule_group="schedules")
    aws.client("dynamodb").create_table(
        TableName=aws.ledger_table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("kind", "key")],
        KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
    )
    aws.client("scheduler").create_schedule_group(Name=aws.schedule_group)
    topic_arn: str = aws.client("sns").create_topic(Name="notices")["TopicArn"]
    return LocalAws(
        endpoint=endpoint, topic_arn=topic_arn, ledger_table=aws.ledger_table, schedule_group=aws.schedule_group
    )


def _add_block(now: datetime) -> None:
    moto_ec2.install()
    engine = CapacityBlockEngine(
        VirtualClock(now), REGION, ACCOUNT, random.Random("built"), Assumptions(), emit=lambda *_args, **_kwargs: None
    )
    moto_ec2.bind(ec2_backends[ACCOUNT][REGION], engine)
    start = (now + timedelta(days=1)).replace(hour=11, minute=30, second=0, microsecond=0)
    engine.adopt(scheduled_block(RESERVATION, 8, start, tags={"capacity-blocks:pool": "training"}))
