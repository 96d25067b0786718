"""What all doors for decisions have behind them, and whoever asks for a decision: the settings, and the workflow."""

from functools import cache

from capacity_blocks.adapters.step_functions import StepFunctionsTokens
from capacity_blocks.bootstrap import desk, parameters
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.purchasing.decider import Decider

ADAPTERS = (*desk.ADAPTERS, *parameters.ADAPTERS, StepFunctionsTokens)


@cache
def tokens() -> StepFunctionsTokens:
    return StepFunctionsTokens(client("stepfunctions"))


def decider(settings: PurchaseSettings, run: str) -> Decider:
    at = desk.desk(settings, run)
    return Decider(
        clock=at.clock,
        ledger=at.ledger,
        pool_settings=parameters.pool_settings(settings),
        tokens=tokens(),
        scribe=at.scribe,
    )
