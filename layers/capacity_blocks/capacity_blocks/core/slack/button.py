"""The choices of a notice as buttons."""

import json
from collections.abc import Sequence
from itertools import count

from capacity_blocks.core.notice import Choice, Tone
from capacity_blocks.core.slack import limit
from capacity_blocks.core.slack.message import Block, context, plain_text
from capacity_blocks.core.slack.text import cut, escaped_cut

MOST_LEFT = 1000
TOO_LONG = ". Slack takes none that holds so much._"
STYLES = {Tone.PLAIN: {}, Tone.GOOD: {"style": "primary"}, Tone.DANGER: {"style": "danger"}}


def actions(choices: Sequence[Choice]) -> tuple[Block, ...]:
    """Return the row of buttons, and say which has none as its value is too long: cut, it would name something else."""
    fitting = [each for each in choices if len(_value(each)) <= limit.BUTTON_VALUE][: limit.ACTIONS]
    left = ", ".join(each.label for each in choices if each not in fitting)
    return (
        *([{"type": "actions", "elements": list(map(_button, count(), fitting))}] if fitting else []),
        *([context(escaped_cut(f"_No button here for: {left}", MOST_LEFT) + TOO_LONG)] if left else []),
    )


def is_complete(row: Sequence[Block]) -> bool:
    """Say whether there are buttons, one for every choice."""
    return [each["type"] for each in row] == ["actions"]


def _button(number: int, choice: Choice) -> Block:
    return {
        "type": "button",
        "text": plain_text(cut(choice.label, limit.BUTTON_TEXT)),
        "action_id": f"choose-{number}",
        "value": _value(choice),
        **STYLES[choice.tone],
        **({"confirm": _confirm(choice)} if choice.confirm else {}),
    }


def _confirm(choice: Choice) -> Block:
    return {
        "title": plain_text(cut(choice.label, limit.CONFIRM_TITLE)),
        "text": plain_text(cut(choice.confirm, limit.CONFIRM_TEXT)),
        "confirm": plain_text(cut(choice.label, limit.CONFIRM_BUTTON)),
        "deny": plain_text("Cancel"),
        **STYLES[choice.tone],
    }


def _value(choice: Choice) -> str:
    return json.dumps(dict(choice.value), separators=(",", ":"))
