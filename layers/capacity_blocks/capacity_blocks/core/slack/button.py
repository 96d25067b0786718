"""The choices of a notice as buttons."""

import json
from collections.abc import Sequence

from capacity_blocks.core.notice import Choice, Tone
from capacity_blocks.core.slack import limit
from capacity_blocks.core.slack.message import Block, plain_text
from capacity_blocks.core.slack.text import cut

STYLES = {Tone.PLAIN: {}, Tone.GOOD: {"style": "primary"}, Tone.DANGER: {"style": "danger"}}


def actions(choices: Sequence[Choice]) -> tuple[Block, ...]:
    """Return the row of buttons. A value that is too long has none: one that is cut would name something else."""
    buttons = [_button(number, choice) for number, choice in enumerate(choices) if len(_value(choice)) <= MOST]
    return ({"type": "actions", "elements": buttons[: limit.ACTIONS]},) if buttons else ()


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


MOST = limit.BUTTON_VALUE
