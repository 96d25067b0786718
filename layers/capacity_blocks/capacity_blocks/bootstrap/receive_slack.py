"""What the function that Slack calls is made of: as little as can be, since Slack waits three seconds."""

from functools import cache

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.lambda_invocations import LambdaInvocations
from capacity_blocks.bootstrap import secret
from capacity_blocks.bootstrap.client import client
from capacity_blocks.click_settings import ReceiveSettings
from capacity_blocks.clicking.receiver import Receiver
from capacity_blocks.clicking.signing_secret import SigningSecret

SETTINGS = (ReceiveSettings,)
ADAPTERS = (LambdaInvocations, *secret.ADAPTERS)


@cache
def _signing_secret(arn: str) -> SigningSecret:
    return SigningSecret(secrets=secret.secrets(arn), arn=arn)


@cache
def _invocations() -> LambdaInvocations:
    return LambdaInvocations(client("lambda"))


def receiver(settings: ReceiveSettings) -> Receiver:
    return Receiver(
        clock=SystemClock(),
        secret=_signing_secret(settings.signing_secret_arn),
        invocations=_invocations(),
        decide_function=settings.decide_function,
    )
