"""Sweep, every five minutes: look up what could continue blocks, ahead of their reminders. It buys nothing."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import gather_offers as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings

logger = Logger()

# Left over at the end of an invocation, for the call that is under way and its retries.
MARGIN = timedelta(seconds=45)


class GatherError(Exception):
    """Some offers could not be looked up; the others were. The message names each."""


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # what is due follows from the clock
    settings = PurchaseSettings.from_env(os.environ)
    account = context.invoked_function_arn.split(":")[4]
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())

    answer = bootstrap.gatherer(settings, account).gather(until=datetime.now(UTC) + remaining - MARGIN)
    logger.info("gathered", extra={"answer": answer})
    if errors := answer["errors"]:
        raise GatherError("; ".join(errors))
    return answer
