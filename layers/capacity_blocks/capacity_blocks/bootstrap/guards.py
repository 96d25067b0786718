"""What the guards of a purchase decide on, the switches for spending among it."""

from capacity_blocks.adapters.dynamodb_renewals import DynamoDbRenewals
from capacity_blocks.adapters.ssm_switches import SsmSwitches
from capacity_blocks.bootstrap import desk, parameters, sites
from capacity_blocks.bootstrap.desk import Desk
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings
from capacity_blocks.purchasing.survey import Survey
from capacity_blocks.renewing.permits import Permits

ADAPTERS = (*desk.ADAPTERS, *parameters.ADAPTERS, SsmSwitches)
READERS = (*sites.READERS, DynamoDbRenewals)


def survey(settings: PurchaseSettings, spending: SpendingSettings, at: Desk, account: str) -> Survey:
    """Make the survey of an invocation. Who only observes spends nothing, whatever the switches say."""
    pool_settings = parameters.pool_settings(settings)
    return Survey(
        clock=at.clock,
        sites=sites.sites(settings, account),
        pool_settings=pool_settings,
        ledger=at.ledger,
        switches=SsmSwitches(
            parameters.ssm(),
            spending_parameter=spending.spending_parameter,
            kill_switch_parameter=spending.kill_switch_parameter,
        ),
        permits=Permits(pool_settings=pool_settings, renewals=DynamoDbRenewals(desk.dynamodb(), settings.ledger_table)),
        may_spend=spending.purchases_enabled and not settings.observe_only,
    )
