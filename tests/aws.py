"""Clients for tests: of moto, inside `mock_aws`, or with a botocore Stubber between them and nothing."""

from functools import cache
from typing import Any

import boto3
from moto import mock_aws

from tests.factories import REGION


@cache  # making one takes longer than a test
def client(service: Any) -> Any:
    """Return a client with made-up credentials. It keeps no state: that is moto's, and gone after each test."""
    return boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


def moto() -> Any:
    """Return moto's AWS, empty, as a context manager."""
    return mock_aws(config={"core": {"reset_boto3_session": False}})


def ledger_table(name: str) -> Any:
    """Make a table as the template does for the ledger, in moto; return a client of DynamoDB."""
    made = client("dynamodb")
    made.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "key", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return made
