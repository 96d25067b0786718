"""What the function that drains one instance is made of."""

from functools import cache, partial

from capacity_blocks.adapters.autoscaling_lifecycle import AutoScalingLifecycle
from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb_drains import DynamoDbDrainLedger
from capacity_blocks.adapters.ecs import EcsContainerInstances
from capacity_blocks.adapters.kubernetes_nodes import KubernetesNodes
from capacity_blocks.adapters.kubernetes_pods import KubernetesPods
from capacity_blocks.adapters.lambda_invocations import LambdaInvocations
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.bootstrap import commands, nodes
from capacity_blocks.bootstrap.client import client
from capacity_blocks.core.drain.pod import PodPolicy
from capacity_blocks.drain_ports import Drain
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.drainer import Drainer
from capacity_blocks.draining.farewell import Farewell
from capacity_blocks.draining.kubernetes_drain import KubernetesDrain
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.methods import Methods
from capacity_blocks.draining.teller import Teller
from capacity_blocks.executor import Speaker

SETTINGS = (DrainSettings,)
ADAPTERS = (
    *nodes.ADAPTERS,
    *commands.ADAPTERS,
    AutoScalingLifecycle,
    DynamoDbDrainLedger,
    EcsContainerInstances,
    LambdaInvocations,
    SnsNotifier,
)


@cache
def _container_instances(region: str) -> EcsContainerInstances:
    return EcsContainerInstances(client("ecs", region))


def _kubernetes_drain(region: str, cluster: str, pods: PodPolicy, instance_type: str) -> Drain:
    to = nodes.connection(region, cluster)
    return KubernetesDrain(KubernetesNodes(to), KubernetesPods(to), pods, instance_type)


def _methods(region: str) -> Methods:
    return Methods(
        kubernetes=partial(_kubernetes_drain, region),
        container_instances=partial(_container_instances, region),
        commands=partial(commands.commands, region),
    )


@cache
def _drains(table: str) -> DynamoDbDrainLedger:
    return DynamoDbDrainLedger(nodes.dynamodb(), table)


@cache
def _notifier(topic_arn: str) -> SnsNotifier:
    return SnsNotifier(client("sns"), topic_arn, SystemClock(), observe_only=False)


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
        methods=_methods(region),
        policies=nodes.policies(settings, log),
        ledger=drains,
        farewell=Farewell(clock=clock, ledger=drains, history=notices, log=log, run=run),
        teller=Teller(speaker=speaker, ledger=drains, log=log),
        invocations=_invocations(),
        log=log,
        function=function_arn,
        run=run,
    )
