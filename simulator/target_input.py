"""What a target gets of an event: a constant, a part of it, a transformed one, or all of it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any


def render(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Say what the target gets: a constant, a part of the event, a transformed one, or the event itself."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {"aws.events.event.json": event, "aws.events.event": event}
    return _PLACEHOLDER.sub(lambda match: _filled(match, values), str(transformer["InputTemplate"]))


# "Amazon EventBridge input transformation": a placeholder outside quotes becomes a JSON value, with its quotes when it
# is a string; inside quotes it becomes the bare text.
_PLACEHOLDER = re.compile(r"<([^<>]+)>")
_QUOTE = re.compile(r'(?<!\\)"')


def _filled(match: re.Match[str], values: Mapping[str, Any]) -> str:
    if match[1] not in values:
        return match[0]
    value = values[match[1]]
    inside_quotes = len(_QUOTE.findall(match.string[: match.start()])) % 2
    if not inside_quotes:
        return json.dumps(value)
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]


def _at(event: Any, path: str) -> Any:
    """Follow a JSON path as targets may use it: $.detail.name, with [0] for an element of a list."""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        if name:
            event = event.get(name) if isinstance(event, Mapping) else None
        else:
            event = event[int(index)] if isinstance(event, Sequence) and int(index) < len(event) else None
    return event
