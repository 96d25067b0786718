"""Last step of a purchase, and what happens when its workflow breaks: end the request, release, and tell."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import close_request as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="execution || detail.executionArn", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    answer = bootstrap.closer(PurchaseSettings.from_env(os.environ), context.aws_request_id).close(event)
    logger.info("closed", extra={"answer": answer})
    return answer
