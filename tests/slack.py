"""What Slack sends when somebody clicks, signed as Slack does; and a message with buttons, as it comes back."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from capacity_blocks.core.slack.signature import signed

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, ADA, BEN, EVE = "T0TEAM", "U0ADA", "U0BEN", "U0EVE"
REPLY_URL = "https://hooks.slack.com/actions/T0TEAM/123/abc"
FORM = "application/x-www-form-urlencoded"
TITLE = {"type": "header", "block_id": "h1", "text": {"type": "plain_text", "text": "To approve", "emoji": True}}
TEXT = {"type": "section", "block_id": "s1", "text": {"type": "mrkdwn", "text": "It costs $42,000."}}
ORIGIN = {"type": "context", "block_id": "c1", "elements": [{"type": "mrkdwn", "text": "purchase-asked"}]}


def buttons(*values: Mapping[str, str], block_id: str = "a1") -> dict[str, Any]:
    elements = [
        {
            "type": "button",
            "action_id": f"choose-{number}",
            "text": {"type": "plain_text", "text": "Do it", "emoji": True},
            "value": json.dumps(dict(value)),
        }
        for number, value in enumerate(values)
    ]
    return {"type": "actions", "block_id": block_id, "elements": elements}


def a_message(*rows: Mapping[str, Any], ts: str = "1713600000.000100", **more: Any) -> dict[str, Any]:
    """Return a message with its title above, and the rest beside a coloured bar."""
    bar = {"id": 1, "color": "ecb22e", "fallback": "To approve", "blocks": [TEXT, *rows, ORIGIN]}
    return {"type": "message", "ts": ts, "text": "To approve", "blocks": [TITLE], "attachments": [bar], **more}


def a_click(
    value: Mapping[str, str],
    message: Mapping[str, Any] | None = None,
    *,
    user: str = ADA,
    action_ts: str = "1713603600.123456",
) -> dict[str, Any]:
    """Return the payload of a click, as "Interaction payloads: block_actions" shows it."""
    shown = a_message(buttons(value)) if message is None else message
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "api_app_id": "A0APP",
        "token": "of an age before signatures",
        "container": {"type": "message", "message_ts": shown["ts"], "channel_id": "C0GPU", "is_ephemeral": False},
        "trigger_id": "1234.5678.abcd",
        "team": {"id": TEAM, "domain": "example"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": "C0GPU", "name": "gpu"},
        "message": shown,
        "state": {"values": {}},
        "response_url": REPLY_URL,
        "actions": [
            {
                "action_id": "choose-0",
                "block_id": "a1",
                "text": {"type": "plain_text", "text": "Do it", "emoji": True},
                "value": json.dumps(dict(value)),
                "type": "button",
                "action_ts": action_ts,
            }
        ],
    }


def form(payload: Mapping[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def headers(body: bytes, at: datetime, secret: str = SECRET, content_type: str = FORM) -> dict[str, str]:
    """Sign a body at an instant."""
    timestamp = str(int(at.timestamp()))
    return {
        "content-type": content_type,
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": signed(secret, timestamp, body),
    }


def a_call(body: bytes, sent: Mapping[str, str], *, in_base64: bool = True) -> dict[str, Any]:
    """Return what Lambda makes of a request, as far as anything is read of it."""
    text = b64encode(body).decode() if in_base64 else body.decode()
    return {"version": "2.0", "headers": dict(sent), "body": text, "isBase64Encoded": in_base64}


def blocks_of(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the blocks beside the bar of what replaces a message."""
    found: Sequence[Mapping[str, Any]] = body["attachments"][0]["blocks"]
    return found
