"""Tell people in Slack what waits in the queue: when the topic hints at it, and every minute."""

import os
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import notify_slack as bootstrap
from capacity_blocks.telling_settings import SlackSettings

logger = Logger()


class NotToldError(Exception):
    """Slack refuses some notices where they should go; all others were told. The message names each."""


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = SlackSettings.from_env(os.environ)
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    postman = bootstrap.postman(settings, context.aws_request_id, left, log)
    # A hint is about something that is there, or about to be; a sweep mostly finds nothing.
    report = postman.deliver(if_any_waits=event.get("trigger") == "sweep")
    log("delivered", **asdict(report))
    if report.errors:
        raise NotToldError("; ".join(report.errors))
    return asdict(report)


def log(message: str, **fields: object) -> None:
    logger.info(message, extra=fields)
