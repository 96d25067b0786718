"""The settings of a pool: JSON from an SSM parameter, over the stack's defaults. See docs/pool-settings.md."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from capacity_blocks.core.drain import checkpoint
from capacity_blocks.core.drain.checkpoint import Checkpoint, CheckpointError
from capacity_blocks.core.drain.node import TaintEffect
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.purchase import money_settings
from capacity_blocks.core.purchase.money_settings import MoneySettings, MoneySettingsError
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.reminder import settings as reminder_settings
from capacity_blocks.core.reminder.settings import ReminderSettings, ReminderSettingsError
from capacity_blocks.core.renewal import settings as renewal_settings
from capacity_blocks.core.renewal.settings import RenewalSettings, RenewalSettingsError
from capacity_blocks.core.slack import route
from capacity_blocks.core.slack.route import RouteError, RouteSettings
from capacity_blocks.core.tag import MOST_DRAIN_LEAD
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD

MINUTE = timedelta(minutes=1)
MOST_DRAIN_MINUTES = 120  # a lifecycle hook's longest time-out
MOST_NOTICE_MINUTES = 7 * 24 * 60
# The same patterns stand in docs/pool-settings.schema.json.
RESERVATION_ID = r"^cr-[0-9a-z]+$(?!\n)"
DOLLARS = r"^(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,4})?$(?!\n)"
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """All that the settings of a pool say. `changes` is what its policy has other than the stack's."""

    changes: Mapping[str, Any]
    money: MoneySettings | None
    reminders: ReminderSettings
    renewal: RenewalSettings
    routes: RouteSettings


class PoolSettingsError(ValueError):
    """A pool's settings are malformed; the message names the field, its value and what is allowed."""


def policies(texts: Mapping[str, str], default: Policy) -> dict[str, Policy]:
    """Return the policy of each pool that has settings. Broken ones give the defaults, marked broken."""
    return {name: _policy_or_broken(text, default) for name, text in texts.items()}


def policy(text: str, default: Policy) -> Policy:
    """Read a pool's settings as a whole: all of them hold, or PoolSettingsError is raised."""
    return replace(default, **_read(text).changes)


def money(text: str) -> MoneySettings | None:
    """Read what a pool may spend, None if nothing. The settings around it must hold too, or PoolSettingsError."""
    return _read(text).money


def reminders(text: str) -> ReminderSettings:
    """Read when a pool is reminded. The settings around it must hold too, or PoolSettingsError."""
    return _read(text).reminders


def renewal(text: str) -> RenewalSettings:
    """Read what is bought for a pool unasked. The settings around it must hold too, or PoolSettingsError."""
    return _read(text).renewal


def routes(text: str) -> RouteSettings:
    """Read where a pool's notices go. The settings around it must hold too, or PoolSettingsError."""
    return _read(text).routes


def _read(text: str) -> Sections:
    try:
        settings = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets a thousand deep
        raise PoolSettingsError(f"the settings are not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise PoolSettingsError(f"the settings are {_shown(settings)}; allowed: a JSON object")
    changes = _section(settings, FIELDS, "")
    drain = _object(settings.get("drain", {}), "drain")
    changes |= _section(drain, DRAIN_FIELDS, "drain.")
    try:
        return Sections(
            changes=changes,
            money=money_settings.parse(_object(settings.get("money", {}), "money")),
            reminders=reminder_settings.parse(settings.get("reminders", {})),
            renewal=renewal_settings.parse(settings.get("renewal", {})),
            routes=route.parse(settings.get("routes", {})),
        )
    except (MoneySettingsError, ReminderSettingsError, RenewalSettingsError, RouteError) as error:
        raise PoolSettingsError(str(error)) from error


def _policy_or_broken(text: str, default: Policy) -> Policy:
    try:
        return policy(text, default)
    except (PoolSettingsError, RecursionError) as error:  # too deep to be shown in a message
        return replace(default, broken=str(error))


Field = tuple[str, Callable[[Any, str], Any]]  # attribute of Policy, and what reads the value


def _section(settings: Mapping[str, Any], fields: Mapping[str, Field | None], prefix: str) -> dict[str, Any]:
    if unknown := sorted(set(settings) - set(fields)):
        allowed = ", ".join(prefix + name for name in fields) or "none in this version"
        raise PoolSettingsError(f"{_shown(prefix + unknown[0])} is not a setting; allowed: {allowed}")
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


def _minutes(least: int, most: int = int(MOST_DRAIN_LEAD / MINUTE)) -> Callable[[Any, str], timedelta]:
    def read(value: Any, name: str) -> timedelta:
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if not is_number or not least <= value <= most or value % 1:  # 40.0 is whole, as JSON Schema has it
            raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: whole minutes from {least} to {most}")
        return int(value) * MINUTE

    return read


def _lead(reclaim_lead: timedelta) -> Callable[[Any, str], timedelta]:
    return _minutes(int(reclaim_lead / MINUTE) + 1)


def _taint(value: Any, name: str) -> TaintEffect:
    if value not in list(TaintEffect):
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: {', '.join(map(_shown, TaintEffect))}")
    return TaintEffect(value)


def _node_check(value: Any, name: str) -> NodeCheck:
    if value not in list(NodeCheck):
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: {', '.join(map(_shown, NodeCheck))}")
    return NodeCheck(value)


def _checkpoint(value: Any, name: str) -> Checkpoint:
    try:
        return checkpoint.parse(value)
    except CheckpointError as error:
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: {error}") from error


def _reservations(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and re.search(RESERVATION_ID, v) for v in value):
        raise PoolSettingsError(f"{name} is {_shown(value)}; allowed: a list of reservation ids, cr-…")
    return tuple(value)


def _prices(value: Any, name: str) -> dict[str, Decimal]:
    prices = {}
    for instance_type, text in _object(value, name).items():
        if not isinstance(text, str) or not re.search(DOLLARS, text):
            raise PoolSettingsError(
                f"{_shown(f'{name}.{instance_type}')} is {_shown(text)}; "
                'allowed: dollars as a string, more than 0, e.g. "31.46"'
            )
        prices[instance_type] = Decimal(text)
    return prices


def _shown(value: Any) -> str:
    """Show a value as JSON in plain ASCII, cut short: it ends up in a log line and in a mail."""
    text = json.dumps(value, default=str)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


FIELDS: dict[str, Field | None] = {
    "scale_out": ("scale_out", _boolean),
    "verify_within_minutes": ("verify_within", _minutes(1)),
    "check_nodes": ("check_nodes", _node_check),
    "reservations": ("reservations", _reservations),
    "price_per_instance_hour": ("price_per_instance_hour", _prices),
    "drain": None,
    "money": None,
    "reminders": None,
    "renewal": None,
    "routes": None,
}
DRAIN_FIELDS: dict[str, Field | None] = {
    "lead_minutes": ("drain_lead", _lead(RECLAIM_LEAD)),
    "ultraserver_lead_minutes": ("ultraserver_drain_lead", _lead(ULTRASERVER_RECLAIM_LEAD)),
    "at_most_minutes": ("drain_at_most", _minutes(1, MOST_DRAIN_MINUTES)),
    "hold_for_extension": ("hold_for_extension", _boolean),
    "delete_emptydir_data": ("evict_local_storage", _boolean),
    "force_unmanaged": ("evict_unmanaged", _boolean),
    "notice_minutes": ("notice_lead", _minutes(0, MOST_NOTICE_MINUTES)),
    "mark_minutes": ("mark_lead", _minutes(0)),
    "checkpoint_minutes": ("checkpoint_lead", _minutes(0)),
    "taint": ("taint", _taint),
    "checkpoint": ("checkpoint", _checkpoint),
}
