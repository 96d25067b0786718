"""A click on a button of a message, as Slack tells of it: block_actions."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ID = re.compile("[A-Z0-9]{2,20}", re.ASCII)
_TS = re.compile("[0-9]{1,12}[.][0-9]{1,6}", re.ASCII)
# Of a message, no more is handed on: Lambda takes events of 256 KiB for certain, and no button needs more.
MOST_MESSAGE = 128 * 1024
_PARTS = ("ts", "thread_ts", "text", "blocks", "attachments")


class ClickError(ValueError):
    """What came is no click that this application knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Who clicked which button of which message. `value` is what we gave the button; `message` may be unknown."""

    team: str
    user: str
    action_id: str
    value: Mapping[str, str]
    clicked_at: str
    response_url: str
    message_ts: str
    message: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """The name under which settings list people of Slack."""
        return f"slack:{self.team}/{self.user}"


def essence(payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what of a payload is handed on, in its own shape; None for a click that wants nothing of us: a link.

    The team is the one that the person is of, and not that of the channel: a channel may be shared with others.
    """
    match payload:
        case {"type": "block_actions", "actions": [{"value": str()}]}:
            handed = _reduced(payload)
            parse(handed)
            return handed
        case {"type": "block_actions", "actions": [{"url": str()}]}:
            return None
        case _:
            raise ClickError("it is no click on one button")


def _reduced(payload: Mapping[str, Any]) -> dict[str, Any]:
    try:
        user, [action], message = payload["user"], payload["actions"], payload["message"]
        kept = {part: message[part] for part in _PARTS if part in message}
        if len(json.dumps(kept)) > MOST_MESSAGE:
            kept = {part: kept[part] for part in ("ts", "thread_ts") if part in kept}
        return {
            "type": "block_actions",
            "user": {"id": user["id"], "team_id": user["team_id"]},
            "actions": [{name: action[name] for name in ("action_id", "value", "action_ts")}],
            "response_url": payload["response_url"],
            "message": kept,
        }
    except (KeyError, TypeError) as error:
        raise ClickError(f"the click is not understood: {type(error).__name__}: {error}") from error


def parse(payload: Mapping[str, Any]) -> Click:
    """Read what `essence` hands on; ClickError where anything of it is missing or malformed."""
    try:
        user, [action], message = payload["user"], payload["actions"], payload["message"]
        click = Click(
            team=_matching(_ID, user["team_id"]),
            user=_matching(_ID, user["id"]),
            action_id=_text(action["action_id"]),
            value=_value(action["value"]),
            clicked_at=_matching(_TS, action["action_ts"]),
            response_url=_text(payload["response_url"]),
            message_ts=_matching(_TS, message["ts"]),
            message={part: message[part] for part in _PARTS if part in message},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClickError(f"the click is not understood: {type(error).__name__}: {error}") from error
    return click


def _value(text: str) -> Mapping[str, str]:
    value = json.loads(text)
    if not isinstance(value, Mapping):
        raise ClickError("its button is none of ours")
    return {_text(name): _text(each) for name, each in value.items()}


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ClickError(f"{value!r} is not a text")
    return value


def _matching(pattern: re.Pattern[str], value: object) -> str:
    text = _text(value)
    if pattern.fullmatch(text) is None:
        raise ClickError(f"{text!r} is not what Slack sends there")
    return text
