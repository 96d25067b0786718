"""Step of an extension, and a sweep: bring an intent, or all in flight, forward in what needs no spending."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import follow_extension as bootstrap
from capacity_blocks.purchase_settings import FollowSettings, PurchaseSettings

logger = Logger()


class FollowError(Exception):
    """Some intents could not be followed; the others were. The message names each."""


@logger.inject_lambda_context(correlation_id_path="execution", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, following = PurchaseSettings.from_env(os.environ), FollowSettings.from_env(os.environ)
    account = context.invoked_function_arn.split(":")[4]
    answer = bootstrap.follower(settings, following, account, context.aws_request_id).follow(event)
    logger.info("followed", extra={"answer": answer})
    if errors := answer.get("errors"):
        raise FollowError("; ".join(errors))
    return answer
