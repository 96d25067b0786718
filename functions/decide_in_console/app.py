"""A decision on a purchase, by a test event: it does not say whose it is, and counts for small fees alone."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import decide_in_console as bootstrap
from capacity_blocks.core.purchase.approval import Door
from capacity_blocks.purchase_settings import PurchaseSettings

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    decider = bootstrap.decider(PurchaseSettings.from_env(os.environ), context.aws_request_id)
    counts, told = decider.decide(Door.CONSOLE, "console", event)
    logger.info("decided", extra={"by": "console", "decision": event, "counts": counts, "told": told})
    return {"told": told}
