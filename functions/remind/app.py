"""Sweep, every five minutes: remind people of blocks that end, and renew those that a pool renews unasked."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import remind as bootstrap
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.renewal_settings import DefaultSettings, RenewalWorkflows

logger = Logger()


class RemindError(Exception):
    """Something that is due of some blocks could not be done; the others were seen to. The message names each."""


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # what is due follows from the clock
    settings, defaults = PurchaseSettings.from_env(os.environ), DefaultSettings.from_env(os.environ)
    machines, account = RenewalWorkflows.from_env(os.environ), context.invoked_function_arn.split(":")[4]
    answer = bootstrap.reminding(settings, defaults, machines, account, context.aws_request_id).remind()
    logger.info("reminded", extra={"answer": answer})
    if errors := answer["errors"]:
        raise RemindError("; ".join(errors))
    return answer
