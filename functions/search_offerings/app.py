"""Search for what is on sale, as a step of a purchase or for a person in the console. It buys nothing."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import search_offerings as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings

logger = Logger()

# Left over at the end of an invocation, for the call that is under way and its retries.
MARGIN = timedelta(seconds=45)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = PurchaseSettings.from_env(os.environ)
    account = context.invoked_function_arn.split(":")[4]
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())

    answer = bootstrap.searcher(settings, account).search(event, until=datetime.now(UTC) + remaining - MARGIN)
    lists = {name: len(found) for name, found in answer.items() if isinstance(found, list)}
    logger.info("searched", extra={"found": lists, "warnings": answer["warnings"], "failed": answer["failed"]})
    return answer
