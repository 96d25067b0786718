"""Addresses of users that are sent JSON."""

import json
from collections.abc import Mapping
from http.client import HTTPException, HTTPSConnection
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

from capacity_blocks.drain_ports import WebhookError

TIMEOUT = 10  # seconds
HEADERS = {"Content-Type": "application/json", "User-Agent": "capacity-blocks"}


class HttpsWebhooks:
    """Nothing but https, and no redirects: what is sent goes where the settings say, or nowhere.

    `trust` says whom to believe that an address is theirs; None: whom this machine does.
    """

    def __init__(self, trust: SSLContext | None = None) -> None:
        self._trust = trust

    def post(self, url: str, body: Mapping[str, Any]) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise WebhookError(f"the address begins with {parts.scheme or parts.path}; allowed: https://")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        where = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"  # the rest may be secret
        connection = HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT, context=self._trust)
        try:
            connection.request("POST", path, json.dumps(dict(body)).encode(), HEADERS)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise WebhookError(f"{where}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:  # HTTP's own words for success
            raise WebhookError(f"{where} answered {status}")
