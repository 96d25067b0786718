"""First step of a purchase: read the request as a whole, and claim it for this workflow."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import open_request as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="execution", clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    answer = bootstrap.opener(PurchaseSettings.from_env(os.environ)).open(event)
    logger.info("opened", extra={"answer": answer})
    return answer
