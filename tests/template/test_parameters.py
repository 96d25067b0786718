"""What an operator is asked, and what of it reaches the code."""

import importlib
from collections.abc import Iterator, Mapping

import pytest

from simulator.template import local_path
from tests.template.stack import deployed, environment, of_type, without_slack, written

PARAMETERS = written()["Parameters"]
INTERFACE = written()["Metadata"]["AWS::CloudFormation::Interface"]
FUNCTIONS = of_type("AWS::Lambda::Function")
NOT_OURS = {"POWERTOOLS_SERVICE_NAME"}  # read by Powertools
FROM_LAMBDA = {"AWS_REGION": "us-east-1"}
FOR_ALL = set(written()["Globals"]["Function"]["Environment"]["Variables"])
READ_FEW_OF_THEM = {"NotifyAmazonQFunction", "NotifySlackFunction", "ReceiveSlackFunction"}


class Watched(Mapping[str, str]):
    """An environment that remembers what was read of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_of, self.read = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self.values_of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_of)

    def __len__(self) -> int:
        return len(self.values_of)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_described_and_has_a_default(name: str) -> None:
    assert len(PARAMETERS[name]["Description"]) > 30
    assert "Default" in PARAMETERS[name]


def test_every_parameter_has_a_label_and_a_place() -> None:
    placed = [name for group in INTERFACE["ParameterGroups"] for name in group["Parameters"]]

    assert sorted(placed) == sorted(PARAMETERS)
    assert sorted(INTERFACE["ParameterLabels"]) == sorted(PARAMETERS)


def test_without_a_secret_of_slacks_there_is_no_public_url_and_nothing_behind_it() -> None:
    assert PARAMETERS["SlackSigningSecretArn"]["Default"] == ""
    assert [name for name in without_slack() if "Slack" in name or "AmazonQ" in name] == []
    assert {"ReceiveSlackFunction", "ReceiveSlackFunctionUrl", "DecideInSlackRole"} <= deployed().resources.keys()
    assert {"NotifySlackFunction", "SlackQueue", "NotifyAmazonQFunction", "AmazonQTopic"} <= deployed().resources.keys()


def test_buttons_are_shown_where_somebody_hears_them() -> None:
    assert environment("NotifySlackFunction")["SLACK_BUTTONS"] == "true"


def test_a_flood_of_clicks_takes_no_more_than_its_share_of_the_account() -> None:
    [limited] = [name for name, each in FUNCTIONS.items() if "ReservedConcurrentExecutions" in each]

    assert limited == "ReceiveSlackFunction"
    assert FUNCTIONS[limited]["ReservedConcurrentExecutions"] == {
        "Fn::If": ["ReservesForClicks", {"Ref": "SlackClickConcurrency"}, {"Ref": "AWS::NoValue"}]
    }


def test_it_is_deployed_to_observe_only() -> None:
    assert PARAMETERS["ObserveOnly"]["Default"] == "true"


def test_it_is_deployed_to_buy_nothing() -> None:
    assert PARAMETERS["EnablePurchases"]["Default"] == "false"


def test_spending_is_off_until_somebody_switches_it_on() -> None:
    parameters = {each["Name"]: each["Value"] for each in of_type("AWS::SSM::Parameter").values()}

    assert parameters == {"/capacity-blocks/spending": "off", "/capacity-blocks/kill-switch": "released"}


def test_the_follower_waits_out_the_function_that_buys() -> None:
    timeout = FUNCTIONS["PurchaseBlockFunction"]["Timeout"]

    assert timeout == FUNCTIONS["FollowPurchaseFunction"]["Environment"]["Variables"]["PURCHASE_TIMEOUT_SECONDS"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_settings_read_what_the_template_sets_and_nothing_else(function: str) -> None:
    given = environment(function)
    watched = Watched(given | FROM_LAMBDA)
    folder = local_path(FUNCTIONS[function]["Code"]).name

    for settings in importlib.import_module(f"capacity_blocks.bootstrap.{folder}").SETTINGS:
        settings.from_env(watched)

    read, unread = watched.read - FROM_LAMBDA.keys(), FOR_ALL if function in READ_FEW_OF_THEM else NOT_OURS
    assert given.keys() - unread <= read <= given.keys() - NOT_OURS


@pytest.mark.parametrize("output", written()["Outputs"])
def test_an_output_is_described(output: str) -> None:
    assert written()["Outputs"][output]["Description"]
