"""What each adapter declares is what its source calls: IAM's names are those of the operations."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from capacity_blocks import purchasing, renewing
from capacity_blocks.adapters.autoscaling import AutoScalingGroups
from capacity_blocks.adapters.autoscaling_lifecycle import AutoScalingLifecycle
from capacity_blocks.adapters.cloudwatch import CloudWatchUtilization
from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.adapters.dynamodb_drains import DynamoDbDrainLedger
from capacity_blocks.adapters.dynamodb_offers import DynamoDbOffers
from capacity_blocks.adapters.dynamodb_purchases import DynamoDbPurchaseLedger
from capacity_blocks.adapters.dynamodb_renewals import DynamoDbRenewals
from capacity_blocks.adapters.dynamodb_telling import DynamoDbTellingLedger
from capacity_blocks.adapters.ec2_block import Ec2Block
from capacity_blocks.adapters.ec2_candidates import Ec2Candidates
from capacity_blocks.adapters.ec2_offerings import Ec2Offerings
from capacity_blocks.adapters.ec2_purchases import Ec2Purchases
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.ec2_subnets import Ec2Subnets
from capacity_blocks.adapters.ec2_tags import Ec2Tags
from capacity_blocks.adapters.ec2_templates import Ec2LaunchTemplates
from capacity_blocks.adapters.ecs import EcsContainerInstances
from capacity_blocks.adapters.eks import EksNodeGroups
from capacity_blocks.adapters.eks_access import EksAccess
from capacity_blocks.adapters.eks_node_group import EksNodeGroup
from capacity_blocks.adapters.lambda_invocations import LambdaInvocations
from capacity_blocks.adapters.scheduler import SchedulerWakeups
from capacity_blocks.adapters.secrets_manager import SecretsManagerSecrets
from capacity_blocks.adapters.service_quotas import ServiceQuotas
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.adapters.sqs_letters import SqsLetters
from capacity_blocks.adapters.ssm import SsmPoolSettings
from capacity_blocks.adapters.ssm_commands import SsmCommands
from capacity_blocks.adapters.ssm_secrets import SsmSecrets
from capacity_blocks.adapters.ssm_switches import SsmSwitches
from capacity_blocks.adapters.step_functions import StepFunctionsTokens
from capacity_blocks.adapters.step_functions_executions import StepFunctionsExecutions
from capacity_blocks.draining import warner
from capacity_blocks.draining.finder import locate
from tests import aws

# Each adapter with the service behind each of its clients, and IAM's prefix of that service.
ADAPTERS: list[tuple[Any, dict[str, tuple[str, str]]]] = [
    (AutoScalingGroups, {"_client": ("autoscaling", "autoscaling")}),
    (AutoScalingLifecycle, {"_client": ("autoscaling", "autoscaling")}),
    (DynamoDbDrainLedger, {"_client": ("dynamodb", "dynamodb")}),
    (DynamoDbLedger, {"_client": ("dynamodb", "dynamodb")}),
    (CloudWatchUtilization, {"_client": ("cloudwatch", "cloudwatch")}),
    (DynamoDbOffers, {"_client": ("dynamodb", "dynamodb")}),
    (DynamoDbRenewals, {"_client": ("dynamodb", "dynamodb")}),
    (DynamoDbPurchaseLedger, {"_client": ("dynamodb", "dynamodb")}),
    (DynamoDbTellingLedger, {"_client": ("dynamodb", "dynamodb")}),
    (Ec2Block, {"_client": ("ec2", "ec2")}),
    (Ec2Candidates, {"_client": ("ec2", "ec2")}),
    (Ec2LaunchTemplates, {"_client": ("ec2", "ec2")}),
    (Ec2Offerings, {"_client": ("ec2", "ec2")}),
    (Ec2Purchases, {"_client": ("ec2", "ec2")}),
    (Ec2Reservations, {"_client": ("ec2", "ec2")}),
    (Ec2Subnets, {"_client": ("ec2", "ec2")}),
    (Ec2Tags, {"_client": ("ec2", "ec2")}),
    (EcsContainerInstances, {"_client": ("ecs", "ecs")}),
    (EksAccess, {"_client": ("eks", "eks")}),
    (EksNodeGroup, {"_client": ("eks", "eks")}),
    (EksNodeGroups, {"_client": ("eks", "eks"), "_tagging": ("resourcegroupstaggingapi", "tag")}),
    (LambdaInvocations, {"_client": ("lambda", "lambda")}),
    (SchedulerWakeups, {"_client": ("scheduler", "scheduler")}),
    (SecretsManagerSecrets, {"_client": ("secretsmanager", "secretsmanager")}),
    (ServiceQuotas, {"_client": ("service-quotas", "servicequotas")}),
    (SnsNotifier, {"_client": ("sns", "sns")}),
    (SqsLetters, {"_client": ("sqs", "sqs")}),
    (SsmCommands, {"_client": ("ssm", "ssm"), "_sender": ("ssm", "ssm")}),
    (SsmPoolSettings, {"_client": ("ssm", "ssm")}),
    (SsmSecrets, {"_client": ("ssm", "ssm")}),
    (SsmSwitches, {"_client": ("ssm", "ssm")}),
    (StepFunctionsExecutions, {"_client": ("stepfunctions", "states")}),
    (StepFunctionsTokens, {"_client": ("stepfunctions", "states")}),
]
each_adapter = pytest.mark.parametrize(("adapter", "clients"), ADAPTERS, ids=lambda a: getattr(a, "__name__", ""))
CALL = re.compile(r'self\.(_client|_sender|_tagging)\.(?:get_paginator\("(\w+)"\)|(\w+)\()')


# What an adapter of purchases reads of a region; the port's name is that of the field of `Site`.
READERS: dict[str, Any] = {
    "groups": AutoScalingGroups,
    "node_groups": EksNodeGroups,
    "reservations": Ec2Reservations,
    "subnets": Ec2Subnets,
}
OWN_METHOD = re.compile(r"self\.(_?[a-z]\w*)\(")
# Service Quotas asks other services for their quotas; ours are EC2's, which is not among them.
OF_OTHER_QUOTAS = {"servicequotas:GetServiceQuota"}


# A transaction takes the permission of each thing in it ("DynamoDB API permissions"); ours only put. For Lambda see
# Invoke in its API reference.
# A batch of SQS takes the permission of each call in it ("Amazon SQS API permissions: Actions and resource reference").
NAMED_OTHERWISE = {
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
}


def calls(source: str, clients: dict[str, tuple[str, str]]) -> set[str]:
    # The one helper that calls DynamoDB for others.
    found = {"dynamodb:PutItem"} if "put_if(self._client" in source else set[str]()
    for attribute, paginated, direct in CALL.findall(source):
        service, prefix = clients[attribute]
        operation = aws.client(service).meta.method_to_api_mapping[paginated or direct]
        action = f"{prefix}:{operation}"
        found.add(NAMED_OTHERWISE.get(action, action))
    return found


@each_adapter
def test_an_adapter_declares_what_it_calls_and_no_more(adapter: Any, clients: dict[str, tuple[str, str]]) -> None:
    assert calls(inspect.getsource(adapter), clients) == adapter.PERMISSIONS


@each_adapter
def test_iam_knows_each_action(adapter: Any, clients: dict[str, tuple[str, str]]) -> None:
    for action in adapter.PERMISSIONS | adapter.DEPENDENT_PERMISSIONS:
        service, name = action.split(":")
        assert get_action_data(service, name), action


@each_adapter
def test_what_iam_says_an_action_depends_on_is_declared(adapter: Any, clients: dict[str, tuple[str, str]]) -> None:
    data = [get_action_data(*action.split(":")) for action in adapter.PERMISSIONS - OF_OTHER_QUOTAS]
    rows = [row for found in data for rows in found.values() for row in rows]

    assert {action for row in rows for action in row["dependent_actions"]} <= adapter.DEPENDENT_PERMISSIONS


def reached(adapter: Any, methods: set[str]) -> str:
    """Return the source of methods, and of the adapter's own that these call."""
    known: set[str] = set()
    while new := methods - known:
        known |= new
        found = {name for each in new for name in OWN_METHOD.findall(inspect.getsource(getattr(adapter, each)))}
        methods |= {name for name in found if inspect.isfunction(getattr(adapter, name, None))}
    return "".join(inspect.getsource(getattr(adapter, each)) for each in sorted(known))


@pytest.mark.parametrize("adapter", [*READERS.values(), AutoScalingLifecycle], ids=lambda a: a.__name__)
def test_the_permissions_to_read_are_those_of_what_reads_call(adapter: Any) -> None:
    clients = dict(ADAPTERS)[adapter]

    assert calls(reached(adapter, set(adapter.READS)), clients) == adapter.READ_PERMISSIONS
    assert adapter.READ_PERMISSIONS <= adapter.PERMISSIONS


@pytest.mark.parametrize(("port", "adapter"), READERS.items(), ids=lambda each: getattr(each, "__name__", each))
def test_purchases_call_no_more_of_a_region_than_reads(port: str, adapter: Any) -> None:
    modules = Path(purchasing.__file__).parent.glob("*.py")
    called = {name for each in modules for name in re.findall(rf"\.{port}\.(\w+)\(", each.read_text())}

    assert called == adapter.READS


def test_reminders_call_no_more_of_a_region_than_what_ends_take() -> None:
    modules = Path(renewing.__file__).parent.glob("*.py")
    called = {
        name for each in modules for name in re.findall(r"(?:regions\[\w+\]|reservations)\.(\w+)\(", each.read_text())
    }

    assert called == Ec2Reservations.ENDS
    clients = dict(ADAPTERS)[Ec2Reservations]
    assert calls(reached(Ec2Reservations, set(Ec2Reservations.ENDS)), clients) == Ec2Reservations.END_PERMISSIONS


def test_a_warning_calls_no_more_of_auto_scaling_than_reads() -> None:
    source = inspect.getsource(warner) + inspect.getsource(locate)

    assert set(re.findall(r"\.(?:members|actions)\.(\w+)\(", source)) == AutoScalingLifecycle.READS
