"""Put our own behaviour behind moto's public face: a call of an attached backend is ours, all others stay moto's."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from moto.core.responses import ActionResult, EmptyResult

from simulator import changes

ATTACHED = "simulated"  # the attribute of a moto backend that holds what was attached to it

Simulation = TypeVar("Simulation")
Call = Callable[[Simulation, Mapping[str, Any]], Mapping[str, object] | None]


class Response(Protocol):
    """As much of a moto response object as is used here."""

    def _get_params(self) -> Mapping[str, Any]: ...


def plug(
    response_class: type,
    attached: Callable[[Any], Simulation | None],
    calls: Mapping[str, Call[Simulation]],
    parameters: Callable[[Any], Mapping[str, Any]] = lambda response: response._get_params(),
) -> None:
    """Answer `calls` (named as moto names its methods) for attached backends. Harmless when done again."""
    for name, call in calls.items():
        original = getattr(response_class, name, None)
        if getattr(original, "plugged", False):
            continue
        setattr(response_class, name, _method(name, call, original, attached, parameters))


def _method(
    name: str,
    call: Call[Simulation],
    original: Callable[[Any], Any] | None,
    attached: Callable[[Any], Simulation | None],
    parameters: Callable[[Any], Mapping[str, Any]],
) -> Callable[[Any], Any]:
    def method(response: Any) -> Any:
        simulation = attached(response)
        if simulation is None:
            if original is None:
                raise NotImplementedError(f"The {name} action has not been implemented")
            return original(response)
        result = call(simulation, parameters(response))
        if not name.startswith(("describe_", "list_", "get_")):
            changes.bump()
        return EmptyResult() if result is None else ActionResult(dict(result))

    method.__name__ = name
    method.plugged = True  # type: ignore[attr-defined]  # the mark by which a second installation knows the first
    return method


def aware(instant: datetime) -> datetime:
    """Read an instant of a request: moto's parser hands out naive datetimes, in UTC."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def iso(instant: datetime) -> str:
    """Write an instant as AWS does inside messages: to the second, with a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
