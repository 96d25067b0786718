"""Everything that is read from the environment."""

from datetime import timedelta

import pytest

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.settings import Settings, SettingsError

MINUTE = timedelta(minutes=1)
ENV = {
    "AWS_REGION": "us-east-2",
    "TOPIC_ARN": "arn:topic",
    "LEDGER_TABLE": "ledger",
    "OBSERVE_ONLY": "true",
    "REGIONS": "",
    "POOL_SETTINGS_PATH": "/capacity-blocks/pools",
    "SCHEDULE_GROUP": "group",
    "SCHEDULE_ROLE_ARN": "arn:role",
    "SCHEDULE_DEAD_LETTERS_ARN": "arn:queue",
    "DRAIN_LEAD_MINUTES": "41",
    "ULTRASERVER_DRAIN_LEAD_MINUTES": "71",
    "VERIFY_WITHIN_MINUTES": "16",
}


def test_the_environment_is_read_as_a_whole() -> None:
    assert Settings.from_env(ENV) == Settings(
        topic_arn="arn:topic",
        ledger_table="ledger",
        observe_only=True,
        regions=("us-east-2",),
        pool_settings_path="/capacity-blocks/pools",
        schedule_group="group",
        schedule_role_arn="arn:role",
        schedule_dead_letters_arn="arn:queue",
        policy=Policy(
            drain_lead=41 * MINUTE,
            ultraserver_drain_lead=71 * MINUTE,
            verify_within=16 * MINUTE,
            check_nodes=NodeCheck.OFF,
        ),
    )


def test_who_does_more_than_observe_looks_at_nodes_too() -> None:
    assert Settings.from_env(ENV | {"OBSERVE_ONLY": "false"}).policy.check_nodes is NodeCheck.ACCELERATORS


def test_the_functions_that_speak_to_nodes_may_be_named() -> None:
    named = Settings.from_env(ENV | {"DRAIN_FUNCTION": "drain", "WARN_FUNCTION": "", "CHECK_FUNCTION": "check"})

    assert (named.drain_function, named.warn_function, named.check_function) == ("drain", None, "check")
    assert Settings.from_env(ENV).drain_function is None


@pytest.mark.parametrize("name", sorted(ENV))
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^environment variable {name} is not set$"):
        Settings.from_env({k: v for k, v in ENV.items() if k != name})


REGIONS = {
    "the stack's own, when none is named": ("", ("us-east-2",)),
    "the stack's own, for blanks": (" , ", ("us-east-2",)),
    "one": ("eu-west-1", ("eu-west-1",)),
    "several, in order": ("us-west-2, eu-west-1", ("us-west-2", "eu-west-1")),
    "each once": ("us-west-2,us-west-2", ("us-west-2",)),
}


@pytest.mark.parametrize(("text", "expected"), REGIONS.values(), ids=REGIONS.keys())
def test_it_looks_after_the_regions(text: str, expected: tuple[str, ...]) -> None:
    assert Settings.from_env(ENV | {"REGIONS": text}).regions == expected


def test_the_own_region_is_not_asked_for_when_others_are_named() -> None:
    env = {k: v for k, v in ENV.items() if k != "AWS_REGION"} | {"REGIONS": "eu-west-1"}

    assert Settings.from_env(env).regions == ("eu-west-1",)


def test_it_acts_when_it_is_told_not_only_to_observe() -> None:
    assert Settings.from_env(ENV | {"OBSERVE_ONLY": "false"}).observe_only is False


MOST = "1440"
EDGES = [
    ("DRAIN_LEAD_MINUTES", "31"),
    ("DRAIN_LEAD_MINUTES", MOST),
    ("ULTRASERVER_DRAIN_LEAD_MINUTES", "61"),
    ("ULTRASERVER_DRAIN_LEAD_MINUTES", MOST),
    ("VERIFY_WITHIN_MINUTES", "1"),
    ("VERIFY_WITHIN_MINUTES", MOST),
]


@pytest.mark.parametrize(("name", "value"), EDGES)
def test_the_first_and_the_last_allowed_value_are_taken(name: str, value: str) -> None:
    policy = Settings.from_env(ENV | {name: value}).policy

    assert int(value) * MINUTE in {policy.drain_lead, policy.ultraserver_drain_lead, policy.verify_within}


WRONG = [
    ("OBSERVE_ONLY", "True", "true, false"),
    ("OBSERVE_ONLY", "", "true, false"),
    ("DRAIN_LEAD_MINUTES", "30", "a whole number of minutes from 31 to 1440"),
    ("DRAIN_LEAD_MINUTES", "1441", "a whole number of minutes from 31 to 1440"),
    ("DRAIN_LEAD_MINUTES", "40.5", "a whole number of minutes from 31 to 1440"),
    ("DRAIN_LEAD_MINUTES", "-40", "a whole number of minutes from 31 to 1440"),
    ("DRAIN_LEAD_MINUTES", "", "a whole number of minutes from 31 to 1440"),
    ("ULTRASERVER_DRAIN_LEAD_MINUTES", "60", "a whole number of minutes from 61 to 1440"),
    ("VERIFY_WITHIN_MINUTES", "0", "a whole number of minutes from 1 to 1440"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG)
def test_a_wrong_value_is_refused_by_its_variable_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(ENV | {name: value})

    assert str(raised.value) == f"{name} is {value!r}; allowed: {allowed}"
