"""Which instance is to be drained, and which step of a warning is due. Nothing else in an event is believed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from capacity_blocks.core.drain.step import Step

INTERRUPTION = "EC2 Capacity Reservation Instance Interruption Warning"
TERMINATION = "EC2 Instance-terminate Lifecycle Action"
STEPS = (Step.MARK, Step.UNMARK, Step.CHECKPOINT)  # the notice is for people, and said elsewhere
INSTANCE_ID = re.compile(r"i-[0-9a-f]{2,32}")


class DrainRequestError(ValueError):
    """The event is none that this function takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainRequest:
    """`termination` is when EC2 itself ends the instance, past all hooks; None where it does not."""

    instance_id: str
    region: str
    termination: datetime | None = None

    @property
    def event(self) -> dict[str, str]:
        """Return the event that asks for the same again."""
        asked = {"trigger": "next slice", "instance_id": self.instance_id, "region": self.region}
        return asked if self.termination is None else asked | {"termination": self.termination.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnRequest:
    """`group` is the Auto Scaling group behind the target; `key` names the step, which is done once; empty by hand."""

    step: Step
    group: str
    region: str
    key: str


def parse_drain(event: object, regions: Collection[str], home: str) -> DrainRequest:
    """Read a Lambda event; `home` is the region of an event that names none."""
    fields = _object(event)
    region = _region(fields, regions, home)
    match fields.get("detail-type"):
        case None:
            termination = _instant(fields, "termination") if "termination" in fields else None
            return DrainRequest(instance_id=_instance_id(fields, "instance_id"), region=region, termination=termination)
        case str(kind) if kind == TERMINATION:
            detail = _object(fields.get("detail"))
            return DrainRequest(instance_id=_instance_id(detail, "EC2InstanceId"), region=region)
        case str(kind) if kind == INTERRUPTION:
            detail = _object(fields.get("detail"))
            return DrainRequest(
                instance_id=_instance_id(detail, "instance-id"),
                region=region,
                termination=_instant(detail, "instance-termination-time"),
            )
        case kind:
            raise DrainRequestError(f"detail-type is {kind!r}; allowed: {TERMINATION}, {INTERRUPTION}")


def parse_warning(event: object, regions: Collection[str], home: str) -> WarnRequest:
    fields = _object(event)
    step = fields.get("step")
    if step not in STEPS:
        raise DrainRequestError(f"step is {step!r}; allowed: {', '.join(STEPS)}")
    return WarnRequest(
        step=Step(step),
        group=_text(fields, "group"),
        region=_region(fields, regions, home),
        key=_text(fields, "key") if "key" in fields else "",
    )


def _region(fields: Mapping[str, Any], regions: Collection[str], home: str) -> str:
    region = _text(fields, "region") if "region" in fields else home
    if region not in regions:
        raise DrainRequestError(f"region is {region!r}; allowed: {', '.join(regions)}")
    return region


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DrainRequestError(f"{value!r} is {type(value).__name__}; allowed: a JSON object")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise DrainRequestError(f"{name} is {value!r}; allowed: a string")
    return value


def _instance_id(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not INSTANCE_ID.fullmatch(value):
        raise DrainRequestError(f"{name} is {value!r}; allowed: an instance id, i-…")
    return value


def _instant(fields: Mapping[str, Any], name: str) -> datetime:
    text = _text(fields, name)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise DrainRequestError(f"{name} is {text!r}; allowed: an instant such as 2026-03-02T10:50:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
