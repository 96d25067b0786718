"""Replies to Slack, at the address that comes with a click."""

import json
import re
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLContext
from typing import Any

from capacity_blocks.slack_ports import ReplyError

TIMEOUT = 10  # seconds
HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "capacity-blocks"}
MOST_READ = 1000
PATH = re.compile("/[!-~]*", re.ASCII)
TOO_MANY = 429
REFUSED = range(400, 500)


class SlackReplies:
    """Nowhere but below the one address that is Slack's, and no redirects: who has signed a click is asked for no more.

    `trust` says whom to believe that they are its host; None: whom this machine does.
    """

    PERMISSIONS = frozenset[str]()
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, base: str, trust: SSLContext | None = None) -> None:
        scheme, _, host = base.rstrip("/").partition("://")
        self._base, self._host, self._is_tls, self._trust = f"{scheme}://{host}/", host, scheme == "https", trust

    def post(self, url: str, body: Mapping[str, Any]) -> None:
        path = f"/{url.removeprefix(self._base)}"
        if not url.startswith(self._base) or PATH.fullmatch(path) is None:
            raise ReplyError(f"the address is not below {self._base}", definite=True)
        connection = self._connection()
        try:
            connection.request("POST", path, json.dumps(dict(body)).encode(), HEADERS)
            response = connection.getresponse()
            status, words = response.status, response.read(MOST_READ).decode(errors="replace")
        except (OSError, HTTPException) as error:
            raise ReplyError(f"{self._host}: {type(error).__name__}: {error}", definite=False) from error
        finally:
            connection.close()
        if status != 200 or _is_refused(words):
            # "Handling user interaction: response_url": five replies in 30 minutes, then it answers 404.
            raise ReplyError(f"{self._host} answered {status}: {words}", definite=_is_definite(status))

    def _connection(self) -> HTTPConnection:
        if self._is_tls:
            return HTTPSConnection(self._host, timeout=TIMEOUT, context=self._trust)
        return HTTPConnection(self._host, timeout=TIMEOUT)  # the template allows that on loopback alone


def _is_definite(status: int) -> bool:
    return status == 200 or (status in REFUSED and status != TOO_MANY)


def _is_refused(words: str) -> bool:
    """Whether the words of a 200 are an error, as those of Slack's methods may be."""
    try:
        answer = json.loads(words)
    except ValueError:
        return False  # "ok"
    return isinstance(answer, Mapping) and answer.get("ok") is False
