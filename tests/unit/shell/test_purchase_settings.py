"""Everything that the functions of purchases read from the environment."""

from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.purchase_settings import DoorSettings, FollowSettings, PurchaseSettings, SpendingSettings
from capacity_blocks.settings import SettingsError

ENV = {
    "AWS_REGION": "us-east-2",
    "TOPIC_ARN": "arn:topic",
    "LEDGER_TABLE": "ledger",
    "OBSERVE_ONLY": "true",
    "REGIONS": "us-west-2,us-east-2",
    "POOL_SETTINGS_PATH": "/capacity-blocks/pools",
    "ENABLE_PURCHASES": "false",
    "SPENDING_PARAMETER": "/capacity-blocks/spending",
    "KILL_SWITCH_PARAMETER": "/capacity-blocks/kill-switch",
    "DECIDE_URL": "https://decide",
    "CONSOLE_FUNCTION": "console",
    "SLACK_BUTTONS": "true",
    "PURCHASE_TIMEOUT_SECONDS": "120",
}
READ: dict[Any, Any] = {
    PurchaseSettings: PurchaseSettings(
        topic_arn="arn:topic",
        ledger_table="ledger",
        observe_only=True,
        regions=("us-west-2", "us-east-2"),
        pool_settings_path="/capacity-blocks/pools",
    ),
    SpendingSettings: SpendingSettings(
        purchases_enabled=False,
        spending_parameter="/capacity-blocks/spending",
        kill_switch_parameter="/capacity-blocks/kill-switch",
    ),
    DoorSettings: DoorSettings(decide_url="https://decide", console_function="console", slack_buttons=True),
    FollowSettings: FollowSettings(purchase_timeout=timedelta(minutes=2)),
}
NEEDED = {
    PurchaseSettings: ["LEDGER_TABLE", "OBSERVE_ONLY", "POOL_SETTINGS_PATH", "REGIONS", "TOPIC_ARN"],
    SpendingSettings: ["ENABLE_PURCHASES", "KILL_SWITCH_PARAMETER", "SPENDING_PARAMETER"],
    DoorSettings: ["CONSOLE_FUNCTION", "DECIDE_URL", "SLACK_BUTTONS"],
    FollowSettings: ["PURCHASE_TIMEOUT_SECONDS"],
}


@pytest.mark.parametrize(("settings", "read"), READ.items())
def test_the_environment_is_read_as_a_whole(settings: Any, read: object) -> None:
    assert settings.from_env(ENV) == read


@pytest.mark.parametrize(("settings", "name"), [(settings, name) for settings in NEEDED for name in NEEDED[settings]])
def test_a_variable_that_is_not_set_is_named(settings: Any, name: str) -> None:
    with pytest.raises(SettingsError, match=f"^environment variable {name} is not set$"):
        settings.from_env({k: v for k, v in ENV.items() if k != name})


@pytest.mark.parametrize("text", ["", "True", "yes", "1", " true"])
def test_purchases_are_enabled_by_one_word_alone(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^ENABLE_PURCHASES is .*; allowed: true, false$"):
        SpendingSettings.from_env(ENV | {"ENABLE_PURCHASES": text})


def test_purchases_are_enabled_by_true() -> None:
    assert SpendingSettings.from_env(ENV | {"ENABLE_PURCHASES": "true"}).purchases_enabled


@pytest.mark.parametrize("text", ["", "0", "901", "-1", "1.5", "two", "²", " 60"])
def test_a_timeout_that_lambda_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^PURCHASE_TIMEOUT_SECONDS is .*; allowed: a whole number of seconds"):
        FollowSettings.from_env(ENV | {"PURCHASE_TIMEOUT_SECONDS": text})


@pytest.mark.parametrize(("text", "seconds"), [("1", 1), ("900", 900)])
def test_a_timeout_of_lambda_is_taken(text: str, seconds: int) -> None:
    following = FollowSettings.from_env(ENV | {"PURCHASE_TIMEOUT_SECONDS": text})

    assert following.purchase_timeout == timedelta(seconds=seconds)
