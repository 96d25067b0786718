"""What the reconcile function is made of."""

from functools import cache

from capacity_blocks.adapters.autoscaling import AutoScalingGroups
from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.adapters.dynamodb_drains import DynamoDbDrainLedger
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.ec2_subnets import Ec2Subnets
from capacity_blocks.adapters.ec2_templates import Ec2LaunchTemplates
from capacity_blocks.adapters.eks import EksNodeGroups
from capacity_blocks.adapters.lambda_invocations import LambdaInvocations
from capacity_blocks.adapters.scheduler import SchedulerWakeups
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.adapters.ssm import SsmPoolSettings
from capacity_blocks.bootstrap.client import client
from capacity_blocks.executor import DryRunExecutor, LiveExecutor, NodeFunctions, ObservingExecutor, Speaker
from capacity_blocks.ports import Region
from capacity_blocks.reconciler import PolicyReader, Reconciler
from capacity_blocks.settings import Settings
from capacity_blocks.watch import Watch

SETTINGS = (Settings,)
# Every class here that calls AWS; a test holds the function's role against what they declare.
ADAPTERS = (
    AutoScalingGroups,
    DynamoDbDrainLedger,
    DynamoDbLedger,
    Ec2LaunchTemplates,
    Ec2Reservations,
    Ec2Subnets,
    EksNodeGroups,
    LambdaInvocations,
    SchedulerWakeups,
    SnsNotifier,
    SsmPoolSettings,
)


@cache
def region(name: str, account: str) -> Region:
    """Make the adapters of one region. They outlive an invocation: what they have learned is kept."""
    ec2 = client("ec2", name)
    tagging = client("resourcegroupstaggingapi", name)
    return Region(
        name=name,
        reservations=Ec2Reservations(ec2, name, account),
        templates=Ec2LaunchTemplates(ec2),
        subnets=Ec2Subnets(ec2),
        groups=AutoScalingGroups(client("autoscaling", name), name),
        node_groups=EksNodeGroups(client("eks", name), tagging),
    )


@cache
def ledger(table: str, namespace: str) -> DynamoDbLedger:
    return DynamoDbLedger(client("dynamodb"), table, namespace)


@cache
def drain_ledger(table: str) -> DynamoDbDrainLedger:
    return DynamoDbDrainLedger(client("dynamodb"), table)


@cache
def invocations() -> LambdaInvocations:
    return LambdaInvocations(client("lambda"))


@cache
def notifier(topic_arn: str, observe_only: bool) -> SnsNotifier:  # cached, so by position
    return SnsNotifier(client("sns"), topic_arn, SystemClock(), observe_only=observe_only)


@cache
def policy_reader(settings: Settings) -> PolicyReader:
    return PolicyReader(SsmPoolSettings(client("ssm"), settings.pool_settings_path), settings.policy)


@cache
def wakeups(settings: Settings, function_arn: str) -> SchedulerWakeups:
    return SchedulerWakeups(
        client("scheduler"),
        SystemClock(),
        group=settings.schedule_group,
        function_arn=function_arn,
        role_arn=settings.schedule_role_arn,
        dead_letters_arn=settings.schedule_dead_letters_arn,
    )


def watch(settings: Settings, function_arn: str, run: str, *, dry_run: bool) -> Watch:
    """Make one invocation, named `run`. A dry run changes and sends nothing; observing only speaks."""
    clock = SystemClock()
    account = function_arn.split(":")[4]
    memory = ledger(settings.ledger_table, "observe" if settings.observe_only else "live")
    speaker = Speaker(ledger=memory, notifier=notifier(settings.topic_arn, settings.observe_only), clock=clock, run=run)
    observing = ObservingExecutor(speaker=speaker)
    functions = NodeFunctions(
        invocations=invocations,
        drain=settings.drain_function,
        warn=settings.warn_function,
        check=settings.check_function,
    )
    live = LiveExecutor(clock=clock, ledger=memory, speaker=speaker, node_functions=functions, run=run)
    reconciler = Reconciler(
        clock=clock,
        regions=[region(name, account) for name in settings.regions],
        policy_reader=policy_reader(settings),
        ledger=memory,
        drains=drain_ledger(settings.ledger_table),
        executor=DryRunExecutor() if dry_run else observing if settings.observe_only else live,
        speaker=None if dry_run else speaker,
    )
    return Watch(
        clock=clock,
        ledger=memory,
        reconciler=reconciler,
        wakeups=None if settings.observe_only else wakeups(settings, function_arn),
        run=run,
    )
