"""Everything that the functions of purchases read from their environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from capacity_blocks.settings import SettingsError, boolean, names_what_is_missing, regions

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseSettings:
    """What all of them need."""

    topic_arn: str
    ledger_table: str
    observe_only: bool
    regions: tuple[str, ...]
    pool_settings_path: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                topic_arn=env["TOPIC_ARN"],
                ledger_table=env["LEDGER_TABLE"],
                observe_only=boolean(env, "OBSERVE_ONLY"),
                regions=regions(env),
                pool_settings_path=env["POOL_SETTINGS_PATH"],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingSettings:
    """What stands between an approved intent and its purchase: the deployer's word, and where the switches are."""

    purchases_enabled: bool
    spending_parameter: str
    kill_switch_parameter: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                purchases_enabled=boolean(env, "ENABLE_PURCHASES"),
                spending_parameter=env["SPENDING_PARAMETER"],
                kill_switch_parameter=env["KILL_SWITCH_PARAMETER"],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """Where people decide."""

    decide_url: str
    console_function: str
    slack_buttons: bool

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                decide_url=env["DECIDE_URL"],
                console_function=env["CONSOLE_FUNCTION"],
                slack_buttons=boolean(env, "SLACK_BUTTONS"),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowSettings:
    """`purchase_timeout` is that of the function that buys: until it is over, an attempt may be under way."""

    purchase_timeout: timedelta

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(purchase_timeout=_seconds(env, "PURCHASE_TIMEOUT_SECONDS"))


def _seconds(env: Mapping[str, str], name: str) -> timedelta:
    text = env[name]
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 900):  # Lambda's longest time-out
        raise SettingsError(f"{name} is {text!r}; allowed: a whole number of seconds from 1 to 900")
    return int(text) * SECOND
