"""What each adapter declares is what its source calls: IAM's names are those of the operations."""

import inspect
import re
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from capacity_blocks.adapters.autoscaling import AutoScalingGroups
from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.ec2_subnets import Ec2Subnets
from capacity_blocks.adapters.ec2_templates import Ec2LaunchTemplates
from capacity_blocks.adapters.eks import EksNodeGroups
from capacity_blocks.adapters.scheduler import SchedulerWakeups
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.adapters.ssm import SsmPoolSettings
from tests import aws

# Each adapter with the service behind each of its clients, and IAM's prefix of that service.
ADAPTERS: list[tuple[Any, dict[str, tuple[str, str]]]] = [
    (AutoScalingGroups, {"_client": ("autoscaling", "autoscaling")}),
    (DynamoDbLedger, {"_client": ("dynamodb", "dynamodb")}),
    (Ec2LaunchTemplates, {"_client": ("ec2", "ec2")}),
    (Ec2Reservations, {"_client": ("ec2", "ec2")}),
    (Ec2Subnets, {"_client": ("ec2", "ec2")}),
    (EksNodeGroups, {"_client": ("eks", "eks"), "_tagging": ("resourcegroupstaggingapi", "tag")}),
    (SchedulerWakeups, {"_client": ("scheduler", "scheduler")}),
    (SnsNotifier, {"_client": ("sns", "sns")}),
    (SsmPoolSettings, {"_client": ("ssm", "ssm")}),
]
each_adapter = pytest.mark.parametrize(("adapter", "clients"), ADAPTERS, ids=lambda a: getattr(a, "__name__", ""))
CALL = re.compile(r'self\.(_client|_tagging)\.(?:get_paginator\("(\w+)"\)|(\w+)\()')


def calls(adapter: Any, clients: dict[str, tuple[str, str]]) -> set[str]:
    found = set()
    for attribute, paginated, direct in CALL.findall(inspect.getsource(adapter)):
        service, prefix = clients[attribute]
        operation = aws.client(service).meta.method_to_api_mapping[paginated or direct]
        found.add(f"{prefix}:{operation}")
    return found


@each_adapter
def test_an_adapter_declares_what_it_calls_and_no_more(adapter: Any, clients: dict[str, tuple[str, str]]) -> None:
    assert calls(adapter, clients) == adapter.PERMISSIONS


@each_adapter
def test_iam_knows_each_action(adapter: Any, clients: dict[str, tuple[str, str]]) -> None:
    for action in adapter.PERMISSIONS | adapter.DEPENDENT_PERMISSIONS:
        service, name = action.split(":")
        assert get_action_data(service, name), action


@each_adapter
def test_what_iam_says_an_action_depends_on_is_declared(adapter: Any, clients: dict[str, tuple[str, str]]) -> None:
    data = [get_action_data(*action.split(":")) for action in adapter.PERMISSIONS]
    rows = [row for found in data for rows in found.values() for row in rows]

    assert {action for row in rows for action in row["dependent_actions"]} <= adapter.DEPENDENT_PERMISSIONS
