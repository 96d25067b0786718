"""Tell people through Amazon Q Developer in chat applications: each notice in the schema that it reads."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import notify_amazon_q as bootstrap
from capacity_blocks.core import amazon_q, publication
from capacity_blocks.telling_settings import AmazonQSettings

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    settings = AmazonQSettings.from_env(os.environ)
    topic = bootstrap.topic(settings)
    told = [publication.parse(record["Sns"]) for record in event["Records"]]
    for each in told:
        topic.send(amazon_q.notification(each, settings.time_zone))
    keys = [each.notice.key for each in told]
    logger.info("told", extra={"notices": keys})
    return {"notices": keys}
