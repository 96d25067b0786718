"""Step of a purchase: ask people about an intent, while the workflow waits for their decision."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import ask_for_approval as bootstrap
from capacity_blocks.purchase_settings import DoorSettings, PurchaseSettings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="execution", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, doors = PurchaseSettings.from_env(os.environ), DoorSettings.from_env(os.environ)
    answer = bootstrap.asker(settings, doors, context.aws_request_id).ask(event)
    logger.info("asked", extra={"answer": answer})
    return answer
