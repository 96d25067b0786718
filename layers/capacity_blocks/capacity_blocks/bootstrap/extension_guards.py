"""What the guards of an extension decide on, the switches for spending and what renews without a question among it."""

from functools import cache
from typing import Any

from capacity_blocks.adapters.dynamodb_renewals import DynamoDbRenewals
from capacity_blocks.adapters.ec2_extension_history import Ec2ExtensionHistory
from capacity_blocks.adapters.ec2_extension_offers import Ec2ExtensionOffers
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.ssm_switches import SsmSwitches
from capacity_blocks.bootstrap import desk, parameters
from capacity_blocks.bootstrap.client import client
from capacity_blocks.bootstrap.desk import Desk
from capacity_blocks.extending.survey import ExtensionSurvey
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings
from capacity_blocks.renewing.permits import Permits

ADAPTERS = (*desk.ADAPTERS, *parameters.ADAPTERS, Ec2ExtensionHistory, Ec2ExtensionOffers, SsmSwitches)
READERS = (DynamoDbRenewals, Ec2Reservations)


@cache
def ec2(region: str) -> Any:
    return client("ec2", region)


def offers(settings: PurchaseSettings) -> dict[str, Ec2ExtensionOffers]:
    return {region: Ec2ExtensionOffers(ec2(region), region) for region in settings.regions}


def survey(settings: PurchaseSettings, spending: SpendingSettings, at: Desk, account: str) -> ExtensionSurvey:
    """Make the survey of an invocation. Who only observes spends nothing, whatever the switches say."""
    pool_settings = parameters.pool_settings(settings)
    return ExtensionSurvey(
        clock=at.clock,
        reservations={region: Ec2Reservations(ec2(region), region, account) for region in settings.regions},
        history={region: Ec2ExtensionHistory(ec2(region)) for region in settings.regions},
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
