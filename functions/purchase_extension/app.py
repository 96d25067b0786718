"""Step of an extension: buy the time that was approved, once. This and purchase_block alone may spend."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import purchase_extension as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings, SpendingSettings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="execution", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, spending = PurchaseSettings.from_env(os.environ), SpendingSettings.from_env(os.environ)
    account = context.invoked_function_arn.split(":")[4]
    ends_at = datetime.now(UTC) + timedelta(milliseconds=context.get_remaining_time_in_millis())
    answer = bootstrap.purchaser(settings, spending, account, context.aws_request_id).purchase(event, ends_at)
    logger.info("purchased", extra={"answer": answer})
    return answer
