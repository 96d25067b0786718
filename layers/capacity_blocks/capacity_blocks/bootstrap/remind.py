"""What the function that reminds people of ending blocks is made of."""

from functools import cache

from capacity_blocks.adapters.cloudwatch import CloudWatchUtilization
from capacity_blocks.adapters.dynamodb_offers import DynamoDbOffers
from capacity_blocks.adapters.dynamodb_renewals import DynamoDbRenewals
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.step_functions_executions import StepFunctionsExecutions
from capacity_blocks.bootstrap import desk, endings, parameters
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.renewal_settings import DefaultSettings, RenewalWorkflows
from capacity_blocks.renewing.reminding import Reminding
from capacity_blocks.renewing.renewer import Renewer

SETTINGS = (PurchaseSettings, DefaultSettings, RenewalWorkflows)
ADAPTERS = (
    *desk.ADAPTERS,
    *parameters.ADAPTERS,
    CloudWatchUtilization,
    DynamoDbOffers,
    DynamoDbRenewals,
    StepFunctionsExecutions,
)
ENDS = (Ec2Reservations,)


@cache
def _utilization(region: str) -> CloudWatchUtilization:
    return CloudWatchUtilization(client("cloudwatch", region))


@cache
def _renewer(table: str, machines: RenewalWorkflows) -> Renewer:
    renewals = DynamoDbRenewals(client("dynamodb"), table)
    workflows = StepFunctionsExecutions(client("stepfunctions"))
    return Renewer(renewals=renewals, workflows=workflows, machines=machines)


def reminding(
    settings: PurchaseSettings, defaults: DefaultSettings, machines: RenewalWorkflows, account: str, run: str
) -> Reminding:
    """Make one invocation, named `run`. Who only observes reminds people, and renews nothing."""
    at = desk.desk(settings, run)
    return Reminding(
        clock=at.clock,
        regions=endings.reservations(settings, account),
        utilization={region: _utilization(region) for region in settings.regions},
        pool_settings=parameters.pool_settings(settings),
        default=defaults.policy,
        ledger=at.scribe.speaker.ledger,
        books=at.ledger,
        offers=endings.offers(settings.ledger_table),
        speaker=at.scribe.speaker,
        renewer=None if settings.observe_only else _renewer(settings.ledger_table, machines),
        machines=machines,
    )
