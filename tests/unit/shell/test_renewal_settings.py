"""What reminders and renewal read from the environment."""

from datetime import timedelta

import pytest

from capacity_blocks.core.policy import Policy
from capacity_blocks.renewal_settings import DefaultSettings, RenewalWorkflows
from capacity_blocks.settings import SettingsError

ENV = {
    "DRAIN_LEAD_MINUTES": "45",
    "ULTRASERVER_DRAIN_LEAD_MINUTES": "75",
    "EXTENSION_STATE_MACHINE": "arn:extend",
    "PURCHASE_STATE_MACHINE": "arn:buy",
}


def test_the_environment_is_read() -> None:
    assert DefaultSettings.from_env(ENV) == DefaultSettings(
        policy=Policy(drain_lead=timedelta(minutes=45), ultraserver_drain_lead=timedelta(minutes=75))
    )
    assert RenewalWorkflows.from_env(ENV) == RenewalWorkflows(
        extension_state_machine="arn:extend", purchase_state_machine="arn:buy"
    )


@pytest.mark.parametrize("name", ENV)
def test_what_is_missing_is_named(name: str) -> None:
    env = {key: value for key, value in ENV.items() if key != name}

    with pytest.raises(SettingsError, match=f"environment variable {name} is not set"):
        (DefaultSettings.from_env(env), RenewalWorkflows.from_env(env))


def test_a_lead_inside_the_reclaim_window_is_refused() -> None:
    with pytest.raises(SettingsError, match="DRAIN_LEAD_MINUTES is '30'; allowed: a whole number of minutes from 31"):
        DefaultSettings.from_env(ENV | {"DRAIN_LEAD_MINUTES": "30"})
