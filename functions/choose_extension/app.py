"""Step of an extension: make the cheapest offer that no guard forbids an intent, or say why there is none."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import choose_extension as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="execution", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, spending = PurchaseSettings.from_env(os.environ), SpendingSettings.from_env(os.environ)
    account = context.invoked_function_arn.split(":")[4]
    answer = bootstrap.chooser(settings, spending, account, context.aws_request_id).choose(event)
    logger.info("chosen", extra={"answer": answer})
    return answer
