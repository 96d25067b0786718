"""What the function that tells people in Slack is made of."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from uuid import uuid4

from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.dynamodb_telling import DynamoDbTellingLedger
from capacity_blocks.adapters.slack_client import SlackBot, SlackWebhook
from capacity_blocks.adapters.sqs_letters import SqsLetters
from capacity_blocks.adapters.ssm import SsmPoolSettings
from capacity_blocks.bootstrap import secret
from capacity_blocks.bootstrap.client import client
from capacity_blocks.telling.mailbag import Mailbag
from capacity_blocks.telling.postman import Postman, Way
from capacity_blocks.telling.routing import routes
from capacity_blocks.telling.sender import Sender
from capacity_blocks.telling_ports import Poster
from capacity_blocks.telling_settings import SlackSettings, is_webhook

SETTINGS = (SlackSettings,)
ADAPTERS = (*secret.ADAPTERS, DynamoDbTellingLedger, SlackBot, SlackWebhook, SqsLetters, SsmPoolSettings)


@cache
def _ledger(table: str) -> DynamoDbTellingLedger:
    return DynamoDbTellingLedger(client("dynamodb"), table)


@cache
def _letters(queue_url: str) -> SqsLetters:
    return SqsLetters(client("sqs"), queue_url)


@cache
def _pool_settings(path: str) -> SsmPoolSettings:
    return SsmPoolSettings(client("ssm"), path)


def poster(text: str, arn: str, api_url: str) -> Poster:
    """Return the way into Slack that a secret opens; SettingsError names the secret's ARN alone."""
    return SlackWebhook(text) if is_webhook(text, arn) else SlackBot(text, api_url)


def _open(settings: SlackSettings, log: Callable[..., None]) -> Way:
    # Read anew: it may be another by now, and a run that posts is rare beside all those that do not.
    text = secret.secrets(settings.secret_arn).text(settings.secret_arn)
    way = poster(text, settings.secret_arn, settings.api_url)
    found = routes(
        _pool_settings(settings.pool_settings_path).texts(), settings.route, channels=way.has_threads, log=log
    )
    sender = Sender(
        poster=way,
        ledger=_ledger(settings.ledger_table),
        clock=SystemClock(),
        default=found.default.channel,
        log=log,
    )
    return Way(sender=sender, routes=found)


def postman(settings: SlackSettings, run: str, left: timedelta, log: Callable[..., None]) -> Postman:
    """Make the postman of a run that has so much time left. Its name is one that no repeat of the run has."""
    clock = SystemClock()
    return Postman(
        mailbag=Mailbag(letters=_letters(settings.queue_url), clock=clock, log=log),
        ledger=_ledger(settings.ledger_table),
        clock=clock,
        open=partial(_open, settings, log),
        buttons=settings.buttons,
        run=f"{run}-{uuid4()}",
        until=clock.now() + left,
    )
