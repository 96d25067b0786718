"""What Slack sends, by a public function URL: believed by its signature alone, handed on, and answered at once."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import receive_slack as bootstrap
from capacity_blocks.click_settings import ReceiveSettings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    reception = bootstrap.receiver(ReceiveSettings.from_env(os.environ)).receive(event)
    who = {"by": reception.by, "value": dict(reception.value)}
    logger.info("received", extra={"status": reception.status, "why": reception.why, **who})
    return {"statusCode": reception.status, "headers": {"cache-control": "no-store"}, "body": ""}
