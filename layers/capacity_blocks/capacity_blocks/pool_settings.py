"""The settings of a pool: JSON from an SSM parameter, over the stack's defaults. See docs/pool-settings.md."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.tag import MOST_DRAIN_LEAD
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD

MINUTE = timedelta(minutes=1)
# Sections that are kept for what is to come: they are known, and empty.
RESERVED_SECTIONS = ("money", "reminders", "routes")


class PoolSettingsError(ValueError):
    """A pool's settings are malformed; the message names the field, its value and what is allowed."""


def policies(texts: Mapping[str, str], default: Policy) -> dict[str, Policy]:
    """Return the policy of each pool that has settings. Broken ones give the defaults, marked broken."""
    return {name: _policy_or_broken(text, default) for name, text in texts.items()}


def policy(text: str, default: Policy) -> Policy:
    """Read a pool's settings as a whole: all of them hold, or PoolSettingsError is raised."""
    try:
        settings = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise PoolSettingsError(f"the settings are not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise PoolSettingsError(f"the settings are {_shown(settings)}; allowed: a JSON object")
    changes = _section(settings, FIELDS, "")
    drain = _object(settings.get("drain", {}), "drain")
    changes |= _section(drain, DRAIN_FIELDS, "drain.")
    for name in RESERVED_SECTIONS:
        _section(_object(settings.get(name, {}), name), {}, f"{name}.")
    return replace(default, **changes)


def _policy_or_broken(text: str, default: Policy) -> Policy:
    try:
        return policy(text, default)
    except PoolSettingsError as error:
        return replace(default, broken=str(error))


Field = tuple[str, Callable[[Any, str], Any]]  # attribute of Policy, and what reads the value


def _section(settings: Mapping[str, Any], fields: Mapping[str, Field | None], prefix: str) -> dict[str, Any]:
    if unknown := sorted(set(settings) - set(fields)):
        allowed = ", ".join(prefix + name for name in fields) or "none in this version"
        raise PoolSettingsError(f"{prefix}{unknown[0]} is not a setting; allowed: {allowed}")
    known = ((name, field) for name, field in fields.items() if field is not None and name in settings)
    return {attribute: read(settings[name], prefix + name) for name, (attribute, read) in known}


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: a JSON object")
    return value


def _boolean(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: true, false")
    return value


def _minutes(more_than: timedelta) -> Callable[[Any, str], timedelta]:
    least, most = int(more_than / MINUTE) + 1, int(MOST_DRAIN_LEAD / MINUTE)

    def read(value: Any, name: str) -> timedelta:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: whole minutes from {least} to {most}")
        return value * MINUTE

    return read


def _reservations(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.startswith("cr-") for v in value):
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: a list of reservation ids, cr-…")
    return tuple(value)


def _prices(value: Any, name: str) -> dict[str, Decimal]:
    prices = {}
    for instance_type, text in _object(value, name).items():
        try:
            prices[instance_type] = Decimal(text) if isinstance(text, str) else Decimal(-1)
        except InvalidOperation:
            prices[instance_type] = Decimal(-1)
        if not (prices[instance_type].is_finite() and prices[instance_type] > 0):
            raise PoolSettingsError(
                f'{name}.{instance_type} is {_shown(text)}; allowed: dollars as a string, e.g. "31.46"'
            )
    return prices


def _shown(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


FIELDS: dict[str, Field | None] = {
    "scale_out": ("scale_out", _boolean),
    "verify_within_minutes": ("verify_within", _minutes(timedelta(0))),
    "reservations": ("reservations", _reservations),
    "price_per_instance_hour": ("price_per_instance_hour", _prices),
    "drain": None,
    **dict.fromkeys(RESERVED_SECTIONS),
}
DRAIN_FIELDS: dict[str, Field | None] = {
    "lead_minutes": ("drain_lead", _minutes(RECLAIM_LEAD)),
    "ultraserver_lead_minutes": ("ultraserver_drain_lead", _minutes(ULTRASERVER_RECLAIM_LEAD)),
}
