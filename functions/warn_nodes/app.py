"""Warn the nodes of a target of their drain: mark them, or ask the work on them to save itself."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import warn_nodes as bootstrap
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.request import parse_warning

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = DrainSettings.from_env(os.environ)
    request = parse_warning(event, settings.regions, settings.home)
    logger.append_keys(group=request.group, step=request.step.value)
    if settings.observe_only:
        return {"group": request.group, "step": request.step.value, "outcome": "only observed"}
    account = context.invoked_function_arn.split(":")[4]

    outcome = bootstrap.warner(settings, request, account, context.aws_request_id, log).warn(request)

    log("warned", outcome=outcome)
    return {"group": request.group, "step": request.step.value, "outcome": outcome}


def log(message: str, **fields: object) -> None:
    logger.info(message, extra=fields)
