"""What the function is made of that does what a click in Slack wants."""

from functools import cache

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.adapters.slack_replies import SlackReplies
from capacity_blocks.adapters.step_functions_executions import StepFunctionsExecutions
from capacity_blocks.bootstrap import door, parameters
from capacity_blocks.bootstrap.client import client
from capacity_blocks.click_settings import ClickSettings
from capacity_blocks.clicking.answerer import Answerer
from capacity_blocks.clicking.starter import Starter
from capacity_blocks.purchase_settings import PurchaseSettings

SETTINGS = (PurchaseSettings, ClickSettings)
ADAPTERS = (*door.ADAPTERS, StepFunctionsExecutions, SlackReplies)
READERS = (Ec2Reservations,)  # of the block that another is to follow


@cache
def _workflows() -> StepFunctionsExecutions:
    return StepFunctionsExecutions(client("stepfunctions"))


@cache
def _reservations(region: str, account: str) -> Ec2Reservations:
    return Ec2Reservations(client("ec2", region), region, account)


def answerer(settings: PurchaseSettings, clicks: ClickSettings, account: str, run: str) -> Answerer:
    """Make one invocation, named `run`. A client of EC2 is slow to make, and few clicks need one."""
    starter = Starter(
        clock=SystemClock(),
        pool_settings=parameters.pool_settings(settings),
        workflows=_workflows(),
        extension_machine=clicks.extension_machine,
        purchase_machine=clicks.purchase_machine,
        reservations=lambda region: _reservations(region, account) if region in settings.regions else None,
    )
    return Answerer(decider=door.decider(settings, run), starter=starter, replies=SlackReplies(clicks.reply_url))
