"""On every trigger (sweep, event, one-shot schedule, console): bring targets in line with their blocks."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import reconcile as bootstrap
from capacity_blocks.request import parse
from capacity_blocks.settings import Settings
from capacity_blocks.summary import log_lines, summary

logger = Logger()

# Left over at the end of an invocation, for the reconcile that is under way.
MARGIN = timedelta(seconds=30)


class ReconcileError(Exception):
    """Something could not be done; the rest was. The message names each, and the log has them all."""


@logger.inject_lambda_context(correlation_id_path=correlation_paths.EVENT_BRIDGE, clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = parse(event)
    settings = Settings.from_env(os.environ)
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
    watch = bootstrap.watch(settings, context.invoked_function_arn, context.aws_request_id, dry_run=request.dry_run)

    report = watch.keep(request, until=datetime.now(UTC) + remaining - MARGIN)

    mode = "dry run" if request.dry_run else "observe only" if settings.observe_only else "live"
    for line in log_lines(report):
        logger.info("planned", extra={"mode": mode, "trigger": request.trigger, **line})
    for error in report.errors:
        logger.error("failed", extra={"error": error})
    if report.errors and not request.dry_run:
        raise ReconcileError("; ".join(report.errors))
    return summary(report, request, mode)
