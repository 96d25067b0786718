"""What a run is asked to do: every trigger asks for the same reconcile, the console may narrow it or only look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from capacity_blocks.core.action import Action, Say

CONSOLE_FIELDS = ("trigger", "dry_run", "pool", "reservation_id", "region", "look_again_at")


class RequestError(ValueError):
    """The event is none that this function takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    trigger: str = "console"
    dry_run: bool = False
    pool: str | None = None
    reservation_id: str | None = None
    region: str | None = None
    look_again_at: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for less than everything: then it must not keep watch in place of those that do."""
        return bool(self.pool or self.reservation_id or self.region)

    def covers(self, action: Action) -> bool:
        """Whether the action is about the reservation that was asked for."""
        if self.reservation_id is None:
            return True
        about = action.notice.reservation_id if isinstance(action, Say) else action.reservation_id
        return about == self.reservation_id


def parse(event: object) -> Request:
    """Read a Lambda event.

    An event of EventBridge is a hint that something happened, whatever it holds: nothing in it is believed.
    Anything else must be a console test or one of our own schedules; else RequestError names what is wrong.
    """
    if not isinstance(event, Mapping):
        raise RequestError(f"the event is {type(event).__name__}; allowed: a JSON object")
    if "detail-type" in event or "detail_type" in event:
        return Request(trigger=str(event.get("detail-type", event.get("detail_type"))))
    if unknown := sorted(set(event) - set(CONSOLE_FIELDS)):
        raise RequestError(f"{unknown[0]!r} is not a field of the event; allowed: {', '.join(CONSOLE_FIELDS)}")
    dry_run = event.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise RequestError(f"dry_run is {dry_run!r}; allowed: true, false")
    return Request(
        trigger=_text(event, "trigger") or "console",
        dry_run=dry_run,
        pool=_text(event, "pool"),
        reservation_id=_text(event, "reservation_id"),
        region=_text(event, "region"),
        look_again_at=_instant(event, "look_again_at"),
    )


def _text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    if value is not None and not isinstance(value, str):
        raise RequestError(f"{name} is {value!r}; allowed: a string")
    return value


def _instant(event: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(event, name)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise RequestError(f"{name} is {text!r}; allowed: an instant such as 2026-03-02T10:50:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
