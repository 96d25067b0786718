"""The functions of purchases, as built, under AWS's runtime client: they start, and take what they are for."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.built.local_aws import LocalAws
from tests.built.runtime_api import Built, Kind, Running, running
from tests.built.samples import EVENTS, events_for
from tests.template.stack import environment, of_type

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("built")

OTHERS = {
    "CheckNodesFunction",
    "DecideInSlackFunction",
    "DrainNodeFunction",
    "GatherOffersFunction",
    "NotifyAmazonQFunction",
    "NotifySlackFunction",
    "ReceiveSlackFunction",
    "ReconcileFunction",
    "RemindFunction",
    "WarnNodesFunction",
}
FUNCTIONS = sorted(of_type("AWS::Lambda::Function").keys() - OTHERS)
EXECUTION = "arn:aws:states:us-east-2:123456789012:execution:PurchaseStateMachine:6f1d5e0c"


class Started:
    """Each function, started when it is first needed."""

    def __init__(self, built: Mapping[str, Built], runtime: Path, aws: LocalAws, exits: ExitStack) -> None:
        self._built, self._runtime, self._aws, self._exits = built, runtime, aws, exits
        self._running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        if name not in self._running:
            variables = environment(name) | self._aws.environment
            self._running[name] = self._exits.enter_context(running(self._built[name], variables, self._runtime))
        return self._running[name]


@pytest.fixture(scope="module")
def functions(built: Mapping[str, Built], runtime: Path, aws: LocalAws) -> Iterator[Started]:
    with ExitStack() as exits:
        yield Started(built, runtime, aws, exits)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_bad_event_is_an_error_that_names_what_is_wrong(functions: Started, name: str) -> None:
    outcome = functions[name].invoke({"request": 7, "intent": 7})

    if name == "DecidePurchaseFunction":  # a person gets an answer, whatever they send
        assert (outcome.kind, outcome.payload["statusCode"]) == (Kind.RESPONSE, 400)
        assert "nobody signed the request" in outcome.payload["body"]
    else:
        assert (outcome.kind, outcome.payload["errorType"]) in {
            (Kind.ERROR, "StepError"),
            (Kind.ERROR, "PurchaseRequestError"),
        }
        assert "; allowed: " in outcome.payload["errorMessage"]


@pytest.mark.parametrize("name", events_for("OpenRequestFunction"))
def test_a_request_is_opened(functions: Started, name: str) -> None:
    outcome = functions["OpenRequestFunction"].invoke({"request": EVENTS[name], "execution": f"{EXECUTION}-{name}"})

    assert (outcome.kind, outcome.payload["opened"]) == (Kind.RESPONSE, True)


def test_a_request_that_another_workflow_has_is_not_opened(functions: Started) -> None:
    request = EVENTS["purchase-request"] | {"request_id": "twice"}
    open_request = functions["OpenRequestFunction"]

    first = open_request.invoke({"request": request, "execution": f"{EXECUTION}-1"}).payload
    second = open_request.invoke({"request": request, "execution": f"{EXECUTION}-2"}).payload
    again = open_request.invoke({"request": request, "execution": f"{EXECUTION}-1"}).payload

    assert (first["opened"], second["opened"], again["opened"]) == (True, False, True)
    assert second["holder"] == f"{EXECUTION}-1"


@pytest.mark.parametrize("name", events_for("SearchOfferingsFunction"))
def test_a_search_by_hand_is_answered_with_a_table(functions: Started, name: str) -> None:
    outcome = functions["SearchOfferingsFunction"].invoke(EVENTS[name])

    assert outcome.kind is Kind.RESPONSE
    assert isinstance(outcome.payload["table"], str)
    assert outcome.payload["failed"] == []


@pytest.mark.parametrize("name", events_for("DecidePurchaseFunction"))
def test_a_decision_about_nothing_is_told_so(functions: Started, name: str) -> None:
    outcome = functions["DecidePurchaseFunction"].invoke(EVENTS[name])

    assert (outcome.kind, outcome.payload["statusCode"]) == (Kind.RESPONSE, 404)
    assert json.loads(outcome.payload["body"])["told"].startswith("may-training-1-")


@pytest.mark.parametrize("name", events_for("DecideInConsoleFunction"))
def test_a_decision_about_nothing_in_the_console_is_an_error(functions: Started, name: str) -> None:
    outcome = functions["DecideInConsoleFunction"].invoke(EVENTS[name])

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "UnknownIntentError")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (function, name)
        for function in ("FollowPurchaseFunction", "FollowExtensionFunction")
        for name in events_for(function)
    ],
)
def test_what_is_in_flight_is_followed(functions: Started, function: str, name: str) -> None:
    outcome = functions[function].invoke(EVENTS[name])

    if "intent" in EVENTS[name]:
        assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "UnknownIntentError")
    else:
        assert (outcome.kind, outcome.payload["outcome"]) == (Kind.RESPONSE, "swept")


@pytest.mark.parametrize("name", events_for("ChooseExtensionFunction"))
def test_nobody_is_asked_about_more_time_where_the_switches_cannot_be_read(functions: Started, name: str) -> None:
    outcome = functions["ChooseExtensionFunction"].invoke({**EVENTS[name], "execution": EXECUTION})

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "UnreadError")
    assert "the kill switch could not be read" in outcome.payload["errorMessage"]


@pytest.mark.parametrize("name", events_for("CloseRequestFunction"))
def test_the_end_of_a_workflow_is_taken(functions: Started, name: str) -> None:
    outcome = functions["CloseRequestFunction"].invoke(EVENTS[name])

    assert outcome.kind is Kind.RESPONSE
    assert isinstance(outcome.payload["told"], str)


def test_every_variable_is_needed(built: Mapping[str, Built], runtime: Path) -> None:
    """Start each function with nothing set: it says which variable it lacks."""
    said: dict[str, Any] = {}
    for name in FUNCTIONS:
        with running(built[name], {"AWS_REGION": "us-east-2"}, runtime) as function:
            said[name] = function.invoke({}).payload.get("errorMessage")

    assert said == dict.fromkeys(FUNCTIONS, "environment variable TOPIC_ARN is not set")
