"""Every answer of the local AWS is held against botocore's own output shape."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.response import StreamingBody

Check = Callable[[Any], str | None]  # says what is wrong first, beginning with where: "" when the value itself is

# What botocore hands out decoded, against its own model (its handler `json_decode_policies`).
_DECODED = {"policyDocumentType"}

_checks: dict[tuple[str, str], Check] = {}


class AnswerViolationError(AssertionError):
    """The local AWS gave an answer that AWS could not give."""


def check(operation: OperationModel, answer: Mapping[str, Any]) -> None:
    """Raise when the parsed answer is none that botocore's model of the operation allows."""
    if operation.output_shape is None:
        return
    service = operation.service_model.service_name
    body = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    if wrong := _check(service, operation.output_shape)(body):
        raise AnswerViolationError(f"{service}: {operation.name}{wrong}")


def check_raw(operation: OperationModel, answer: Any) -> None:
    """Raise when an answer, before it is written to the wire, has a member that the wire would drop unseen."""
    if operation.output_shape is None or not isinstance(answer, Mapping):
        return
    if wrong := _unknown(operation.output_shape, answer):
        raise AnswerViolationError(f"{operation.service_model.service_name}: {operation.name}{wrong}")


def _unknown(shape: Shape, value: Any) -> str | None:
    match shape, value:
        case StructureShape(), Mapping():
            for name, member in value.items():
                if name not in shape.members:
                    return f".{name} is not in the model"
                if wrong := _unknown(shape.members[name], member):
                    return f".{name}{wrong}"
        case ListShape(), list() | tuple():
            for one in value:
                if wrong := _unknown(shape.member, one):
                    return f"[]{wrong}"
        case _:
            pass
    return None


def _check(service: str, shape: Shape) -> Check:
    key = (service, shape.name)
    if key not in _checks:
        _checks[key] = lambda value: _checks[key](value)  # noqa: PLW0108  # a shape may contain itself
        _checks[key] = _of_shape(service, shape)
    return _checks[key]


def _of_shape(service: str, shape: Shape) -> Check:
    match shape:
        case StructureShape():
            return _structure(service, shape)
        case ListShape():
            return _list(_check(service, shape.member))
        case MapShape():
            return _map(_check(service, shape.key), _check(service, shape.value))
        case _ if shape.name in _DECODED:
            return lambda value: None if isinstance(value, str | dict) else f" is {value!r}, not a policy"
        case _ if shape.type_name == "string":
            return _string(frozenset(getattr(shape, "enum", ())))
        case _:
            return _scalar(shape.type_name)


def _structure(service: str, shape: StructureShape) -> Check:
    members = {name: _check(service, member) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def structure(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return f" is {value!r}, not a structure"
        for name in required:
            if name not in value:
                return f".{name} is required and missing"
        for name, member in value.items():
            if name not in members:
                return f".{name} is not in the model"
            if wrong := members[name](member):
                return f".{name}{wrong}"
        return None

    return structure


def _list(member: Check) -> Check:
    def listed(value: Any) -> str | None:
        if not isinstance(value, list):
            return f" is {value!r}, not a list"
        for one in value:
            if wrong := member(one):
                return f"[]{wrong}"
        return None

    return listed


def _map(key: Check, member: Check) -> Check:
    def mapped(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return f" is {value!r}, not a map"
        for name, one in value.items():
            if wrong := key(name) or member(one):
                return f".{name}{wrong}"
        return None

    return mapped


def _string(allowed: frozenset[str]) -> Check:
    def string(value: Any) -> str | None:
        if not isinstance(value, str):
            return f" is {value!r}, not a string"
        return f" is {value!r}, which the model does not allow" if allowed and value not in allowed else None

    return string


def _scalar(type_name: str) -> Check:
    matches = _MATCHES[type_name]
    return lambda value: None if matches(value) else f" is {value!r}, not a {type_name}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_MATCHES: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole,
    "long": _is_whole,
    "float": lambda value: _is_whole(value) or isinstance(value, float),
    "double": lambda value: _is_whole(value) or isinstance(value, float),
    "blob": lambda value: isinstance(value, bytes | StreamingBody),
    "timestamp": lambda value: isinstance(value, datetime) and value.tzinfo is not None,
}
