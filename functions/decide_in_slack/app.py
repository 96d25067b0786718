"""A click in Slack: a decision on a purchase, or the wish for one. Its sender has checked that it is from Slack."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import decide_in_slack as bootstrap
from capacity_blocks.click_settings import ClickSettings
from capacity_blocks.purchase_settings import PurchaseSettings

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, clicks = PurchaseSettings.from_env(os.environ), ClickSettings.from_env(os.environ)
    account = context.invoked_function_arn.split(":")[4]
    done = bootstrap.answerer(settings, clicks, account, context.aws_request_id).answer(event)
    logger.info("decided", extra=done)
    return done
