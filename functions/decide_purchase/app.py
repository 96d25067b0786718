"""A decision on a purchase, by the function URL: IAM says whose it is, and the pool's settings whether it counts."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from capacity_blocks.bootstrap import decide_purchase as bootstrap
from capacity_blocks.core.purchase.approval import Door
from capacity_blocks.purchase_settings import PurchaseSettings
from capacity_blocks.purchasing.step import StepError, UnknownIntentError
from capacity_blocks.url_call import UrlCallError, answer, parse

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings = PurchaseSettings.from_env(os.environ)
    try:
        call = parse(event)
        decider = bootstrap.decider(settings, context.aws_request_id)
        counts, told = decider.decide(Door.FUNCTION_URL, call.caller, call.body)
    except (StepError, UrlCallError) as error:
        return answer(400, str(error))
    except UnknownIntentError as error:
        return answer(404, str(error))
    logger.info("decided", extra={"by": call.caller, "decision": call.body, "counts": counts, "told": told})
    return answer(200 if counts else 409, told)
