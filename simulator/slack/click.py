"""A click on a button of a message: the request that Slack makes of it, signed as Slack signs."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from simulator.slack.server import Slack
from simulator.slack.workspace import SIGNING_SECRET, TEAM, Posted


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickRequest:
    """What goes over the wire, byte for byte."""

    body: bytes
    headers: Mapping[str, str]


def click(slack: Slack, posted: Posted, label: str, user: str, now: datetime) -> ClickRequest:
    """Let somebody of the workspace click on the button of a message whose label begins so; LookupError without one."""
    button = next((each for each in posted.buttons if each["text"]["text"].startswith(label)), None)
    if button is None:
        raise LookupError(f"the message has no button {label}")
    body = urlencode({"payload": json.dumps(_payload(slack, posted, button, user, now))}).encode()
    return ClickRequest(body=body, headers=signed(body, now))


def signed(body: bytes, now: datetime, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Sign a body as "Verifying requests from Slack" says."""
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
    }


def _payload(slack: Slack, posted: Posted, button: Mapping[str, Any], user: str, now: datetime) -> dict[str, Any]:
    """Fill in "Interaction payloads: block_actions"."""
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "api_app_id": "A0SIMULATE",
        "token": "of an age before signatures",
        "container": {"type": "message", "message_ts": posted.ts, "channel_id": posted.channel, "is_ephemeral": False},
        "trigger_id": f"{int(now.timestamp())}.1.simulated",
        "team": {"id": TEAM, "domain": "simulated"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": posted.channel, "name": "gpu"},
        "message": _echoed(posted),
        "state": {"values": {}},
        "response_url": f"{slack.url}{slack.workspace.response_path(posted)}",
        "actions": [{**button, "block_id": "b0", "action_ts": f"{now.timestamp():.6f}"}],
    }


def _echoed(posted: Posted) -> dict[str, Any]:
    """Give a message back as Slack does: with ids where none were, and colours without their sign."""
    thread = {} if posted.thread_ts is None else {"thread_ts": posted.thread_ts}
    attachments = [
        {
            **each,
            "id": number,
            "color": str(each.get("color", "")).lstrip("#"),
            "blocks": _named(each["blocks"], number),
        }
        for number, each in enumerate(posted.payload.get("attachments") or [], 1)
    ]
    return {
        "type": "message",
        "ts": posted.ts,
        "user": "U0BOT",
        "bot_id": "B0SIMULATE",
        "app_id": "A0SIMULATE",
        "team": TEAM,
        "text": posted.payload.get("text", ""),
        "blocks": _named(posted.payload.get("blocks") or [], 0),
        "attachments": attachments,
        **thread,
    }


def _named(blocks: list[Mapping[str, Any]], where: int) -> list[dict[str, Any]]:
    return [{"block_id": f"b{where}-{number}", **block} for number, block in enumerate(blocks)]
