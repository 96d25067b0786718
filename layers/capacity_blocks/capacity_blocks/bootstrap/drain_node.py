"""What the function that drains one instance is made of."""

from functools import cache

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb_drains import DynamoDbDrainLedger
from capacity_blocks.adapters.ecs import EcsContainerInstances
from capacity_blocks.adapters.lambda_invocations import LambdaInvocations
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.bootstrap import nodes
from capacity_blocks.bootstrap.client import client
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.drainer import Drainer
from capacity_blocks.draining.farewell import Farewell
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.teller import Teller
from capacity_blocks.executor import Speaker

SETTINGS = (DrainSettings,)
ADAPTERS = (*nodes.ADAPTERS, DynamoDbDrainLedger, EcsContainerInstances, LambdaInvocations, SnsNotifier)


@cache
def _drains(table: str) -> DynamoDbDrainLedger:
    return DynamoDbDrainLedger(nodes.dynamodb(), table)


@cache
def _notifier(topic_arn: str) -> SnsNotifier:
    return SnsNotifier(client("sns"), topic_arn, observe_only=False)


@cache
def _invocations() -> LambdaInvocations:
    return LambdaInvocations(client("lambda"))


def drainer(settings: DrainSettings, region: str, function_arn: str, run: str, log: Log) -> Drainer:
    """Make one invocation, named `run`. One that only observes is not made at all: there is nothing for it to do."""
    clock, account = SystemClock(), function_arn.split(":")[4]
    drains, notices = _drains(settings.ledger_table), nodes.notices(settings.ledger_table)
    speaker = Speaker(ledger=notices, notifier=_notifier(settings.topic_arn), clock=clock, run=run)
    return Drainer(
        clock=clock,
        place=nodes.place(region, account),
        policies=nodes.policies(settings, log),
        ledger=drains,
        farewell=Farewell(clock=clock, ledger=drains, history=notices, log=log, run=run),
        teller=Teller(speaker=speaker, ledger=drains, log=log),
        invocations=_invocations(),
        log=log,
        function=function_arn,
        run=run,
    )
