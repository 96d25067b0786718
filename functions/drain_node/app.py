"""Drain one instance before it goes, and let it go: on its lifecycle action, on EC2's own warning, or when asked."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import drain_node as bootstrap
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.request import parse_drain

logger = Logger()

# Left over at the end of an invocation: one look at a node whose API is slow, and the hand-over to the next.
MARGIN = timedelta(minutes=2)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.EVENT_BRIDGE, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = DrainSettings.from_env(os.environ)
    request = parse_drain(event, settings.regions, settings.home)
    logger.append_keys(instance_id=request.instance_id)
    if settings.observe_only:
        return {"instance_id": request.instance_id, "outcome": "only observed"}
    until = datetime.now(UTC) + timedelta(milliseconds=context.get_remaining_time_in_millis()) - MARGIN
    arn, run = context.invoked_function_arn, context.aws_request_id
    drainer = bootstrap.drainer(settings, request.region, arn, run, log)

    outcome = drainer.drain(request, until)

    log("drained", outcome=outcome.value)
    return {"instance_id": request.instance_id, "outcome": outcome.value}


def log(message: str, **fields: object) -> None:
    logger.info(message, extra=fields)
