"""The environment of the functions of drains."""

from datetime import timedelta

import pytest

from capacity_blocks.core.policy import Policy
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.settings import SettingsError

ENV = {
    "TOPIC_ARN": "arn:aws:sns:us-east-2:123456789012:topic",
    "LEDGER_TABLE": "ledger",
    "OBSERVE_ONLY": "false",
    "AWS_REGION": "us-east-2",
    "REGIONS": "us-east-2, us-west-2",
    "POOL_SETTINGS_PATH": "/capacity-blocks/pools",
    "DRAIN_LEAD_MINUTES": "45",
    "ULTRASERVER_DRAIN_LEAD_MINUTES": "75",
}


def test_the_environment_is_read() -> None:
    assert DrainSettings.from_env(ENV) == DrainSettings(
        topic_arn="arn:aws:sns:us-east-2:123456789012:topic",
        ledger_table="ledger",
        observe_only=False,
        home="us-east-2",
        regions=("us-east-2", "us-west-2"),
        pool_settings_path="/capacity-blocks/pools",
        policy=Policy(drain_lead=timedelta(minutes=45), ultraserver_drain_lead=timedelta(minutes=75)),
    )


def test_no_region_means_the_stacks_own() -> None:
    assert DrainSettings.from_env({**ENV, "REGIONS": ""}).regions == ("us-east-2",)


@pytest.mark.parametrize("name", ENV)
def test_what_is_not_set_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"environment variable {name} is not set"):
        DrainSettings.from_env({key: value for key, value in ENV.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OBSERVE_ONLY", "no", "allowed: true, false"),
        ("DRAIN_LEAD_MINUTES", "30", "from 31 to 1440"),
        ("ULTRASERVER_DRAIN_LEAD_MINUTES", "60", "from 61 to 1440"),
    ],
)
def test_what_is_malformed_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'; {words}|{words}"):
        DrainSettings.from_env({**ENV, name: value})
