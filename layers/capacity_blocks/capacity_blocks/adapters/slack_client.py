"""Slack, by a bot's token or by a webhook. It is never asked again here: when, is decided where the queue is."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPException
from logging import CRITICAL, Logger, getLogger
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.client import WebClient
from slack_sdk.webhook.client import WebhookClient

from capacity_blocks.telling_ports import NotNowError, NotTakenError, TooOftenError

TIMEOUT = 10  # seconds
TOO_MANY, FAILED = 429, 500  # HTTP's own words; from the second on it is Slack's fault
TOO_OFTEN = frozenset({"rate_limited", "ratelimited"})
# What chat.postMessage answers with status 200 when the fault is not the message's.
NOT_NOW = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
NO_CHANNEL = "no channel is set"
LONGEST = timedelta(hours=1)  # a Retry-After beyond that would be a mistake, and silence


class SlackBot:
    PERMISSIONS = frozenset[str]()
    DEPENDENT_PERMISSIONS = frozenset[str]()
    has_threads = True

    def __init__(self, token: str, api_url: str) -> None:
        self._client = WebClient(token, base_url=api_url, timeout=TIMEOUT, retry_handlers=[], logger=_silent())

    def post(
        self, channel: str | None, payload: Mapping[str, Any], thread: str | None = None, *, broadcast: bool = False
    ) -> str | None:
        if channel is None:
            raise NotTakenError(NO_CHANNEL)
        into: dict[str, Any] = {} if thread is None else {"thread_ts": thread, "reply_broadcast": broadcast}
        try:
            answer = self._client.chat_postMessage(channel=channel, **payload, **into)
        except SlackApiError as error:
            raise _refused(
                error.response.status_code, str(error.response.get("error", "")), error.response.headers
            ) from error
        except (SlackClientError, OSError, HTTPException, ValueError) as error:  # no answer, or none of Slack's
            raise NotNowError(type(error).__name__) from error
        return str(answer["ts"])


class SlackWebhook:
    PERMISSIONS = frozenset[str]()
    DEPENDENT_PERMISSIONS = frozenset[str]()
    has_threads = False

    def __init__(self, url: str) -> None:
        self._client = WebhookClient(url, timeout=TIMEOUT, retry_handlers=[], logger=_silent())

    def post(
        self, _channel: str | None, payload: Mapping[str, Any], _thread: str | None = None, *, broadcast: bool = False
    ) -> str | None:
        del broadcast  # there are no threads
        try:
            answer = self._client.send_dict(dict(payload))
        except (SlackClientError, OSError, HTTPException, ValueError) as error:
            raise NotNowError(type(error).__name__) from error  # its words may hold the URL, which is secret
        if answer.status_code != 200:  # HTTP's own word for success
            raise _refused(answer.status_code, answer.body, answer.headers)
        return None


def _silent() -> Logger:
    """Return a logger for the client, which logs what http.client quotes of a header or an address: the secret."""
    logger = getLogger(f"{__name__}.client")
    logger.setLevel(CRITICAL + 1)
    return logger


def _refused(status: int, code: str, headers: Mapping[str, Any]) -> NotNowError | NotTakenError:
    said = f"it answered {status} {code}".rstrip()[:200]
    if status == TOO_MANY or code in TOO_OFTEN:
        return TooOftenError(said, _retry_after(headers))
    if status >= FAILED or code in NOT_NOW:
        return NotNowError(said, _retry_after(headers))
    return NotTakenError(code[:200] or f"status {status}")


def _retry_after(headers: Mapping[str, Any]) -> timedelta | None:
    """Return for how long Slack wants to be left alone, in whole seconds ("Rate limits"), if it says so."""
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    with suppress(ValueError, TypeError):
        return min(timedelta(seconds=max(1, int(found))), LONGEST)  # type: ignore[arg-type]  # None is a TypeError
    return None
