"""Receive what Slack sends: believe it or not, read it, hand it on, and answer at once.

The URL is public, since Slack signs in its own way and not in that of IAM. So the signature is looked at before
anything else is, and whoever fails there is told nothing but that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from capacity_blocks.clicking.signing_secret import SigningSecret
from capacity_blocks.core.slack import signature, wish
from capacity_blocks.core.slack.click import ClickError, essence, parse
from capacity_blocks.drain_ports import Invocations
from capacity_blocks.ports import Clock
from capacity_blocks.url_call import UrlCallError, raw_body

# A message of Slack has at most 50 blocks with 3,000 characters each, and a form writes some of them as three or more.
MOST_BYTES = 512 * 1024
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What Slack is answered. The rest is for the log: why nothing was handed on, or whose wish was."""

    status: int
    why: str = ""
    by: str = ""
    value: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    clock: Clock
    secret: SigningSecret
    invocations: Invocations
    decide_function: str

    def receive(self, event: Mapping[str, Any]) -> Reception:
        """Take one request. 200 says that a click was handed on, or wants nothing; an error of AWS goes up."""
        now = self.clock.now()
        headers = event.get("headers") or {}
        if len(event.get("body") or "") > MOST_BYTES:
            return Reception(status=400, why="its body is too large")
        try:
            body = raw_body(event)
        except UrlCallError as error:
            return Reception(status=400, why=str(error))
        if (reason := signature.refusal(self.secret.current(now), headers, body, now)) is not None:
            return Reception(status=401, why=reason)
        try:
            handed = essence(_payload(headers, body))
            if handed is None:
                return Reception(status=200, why="it is a click on a link")
            click = parse(handed)
            wish.read(click.value)
        except ClickError as error:
            return Reception(status=400, why=str(error))
        self.invocations.invoke(self.decide_function, handed)
        return Reception(status=200, by=click.identity, value=click.value)


def _payload(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    """Return the payload of a form; ClickError for anything but a form with exactly that."""
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    if [kind.partition(";")[0].strip().lower() for kind in kinds] != [FORM]:
        raise ClickError("it is no form")
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
        [(name, [text])] = fields.items()
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClickError("its form does not hold one payload in JSON") from error
    if name != "payload" or not isinstance(payload, Mapping):
        raise ClickError("its form does not hold one payload in JSON")
    return payload
