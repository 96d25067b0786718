"""Look whether the nodes that a block has started are good, and tell of it."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import check_nodes as bootstrap
from capacity_blocks.checking.request import parse
from capacity_blocks.drain_settings import DrainSettings

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = DrainSettings.from_env(os.environ)
    request = parse(event, settings.regions, settings.home)
    logger.append_keys(group=request.group)
    if settings.observe_only:
        return {"group": request.group, "outcome": "only observed"}
    account = context.invoked_function_arn.split(":")[4]

    outcome = bootstrap.checker(settings, request, account, context.aws_request_id, log).check(request)

    log("checked", outcome=outcome)
    return {"group": request.group, "outcome": outcome}


def log(message: str, **fields: object) -> None:
    logger.info(message, extra=fields)
