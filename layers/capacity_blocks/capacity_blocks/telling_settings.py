"""Everything that telling people elsewhere than by mail reads from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Self
from urllib.parse import urlsplit

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase.reading import NotAllowedError
from capacity_blocks.core.purchase.request_field import time_zone
from capacity_blocks.core.slack import route
from capacity_blocks.core.slack.route import Route
from capacity_blocks.settings import SettingsError, boolean, names_what_is_missing

TOKEN = re.compile(r"xox[\w.-]+", re.ASCII)  # "Tokens": xoxb-..., and xoxe.xoxb-... where they are rotated
URL = re.compile(r"https?://[!-~]+", re.ASCII)  # without TLS for Slack-like servers on loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """`route` is where notices go whose pool says nothing else. `secret_arn` names a bot token, or a webhook's URL."""

    secret_arn: str
    api_url: str
    queue_url: str
    ledger_table: str
    pool_settings_path: str
    route: Route
    buttons: bool  # without a signing secret nobody would hear them

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            mention = env["SLACK_MENTION"]
            return cls(
                secret_arn=env["SLACK_SECRET_ARN"],
                api_url=env["SLACK_API_URL"],
                queue_url=env["SLACK_QUEUE_URL"],
                ledger_table=env["LEDGER_TABLE"],
                pool_settings_path=env["POOL_SETTINGS_PATH"],
                route=Route(
                    channel=env["SLACK_CHANNEL"] or None,
                    mentions={Severity.CRITICAL: (_mention(mention),)} if mention else {},
                    time_zone=_zone(env["TIME_ZONE"]),
                ),
                buttons=boolean(env, "SLACK_BUTTONS"),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AmazonQSettings:
    topic_arn: str
    time_zone: tzinfo

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(topic_arn=env["AMAZON_Q_TOPIC_ARN"], time_zone=_zone(env["TIME_ZONE"]))


def is_webhook(secret: str, arn: str) -> bool:
    """Say whether a secret is a webhook's URL, and not a bot's token; SettingsError, without it, if it is neither."""
    if URL.fullmatch(secret) is not None and _names_a_host(secret):
        return True
    if TOKEN.fullmatch(secret) is not None:
        return False
    raise SettingsError(
        f"{arn} holds neither a bot token (xoxb-...) nor the URL of a webhook, as they are: in one line, without quotes"
    )


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that hold no address; a port that is none
        return False


def _mention(who: str) -> str:
    try:
        return route.mention(who)
    except NotAllowedError as error:
        raise SettingsError(f"SLACK_MENTION is {who!r}; allowed: {error}") from error


def _zone(name: str) -> tzinfo:
    try:
        return time_zone(name)
    except NotAllowedError as error:
        raise SettingsError(f"TIME_ZONE is {name!r}; allowed: {error}") from error
