"""Every function, as built, under AWS's runtime client: it starts, answers its console events, fails as it should."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.built.local_aws import RESERVATION, LocalAws
from tests.built.runtime_api import Built, Kind, Running, running
from tests.built.samples import EVENTS, RECONCILE, TAKERS, events_for
from tests.template.stack import environment

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("built")

FUNCTION = RECONCILE


def test_every_event_is_for_one_function() -> None:
    takers = sorted(set(TAKERS.values()))

    assert sorted(name for function in takers for name in events_for(function)) == sorted(EVENTS)


@pytest.fixture(scope="module")
def reconcile(built: Mapping[str, Built], runtime: Path, aws: LocalAws) -> Iterator[Running]:
    with running(built[FUNCTION], environment(FUNCTION) | aws.environment, runtime) as function:
        yield function


@pytest.mark.parametrize("name", events_for(FUNCTION))
def test_an_event_is_answered(reconcile: Running, name: str) -> None:
    outcome = reconcile.invoke(EVENTS[name])

    assert (outcome.kind, outcome.payload["errors"]) == (Kind.RESPONSE, [])


def test_the_answer_is_about_the_block_that_is_there(reconcile: Running) -> None:
    answer = reconcile.invoke({"dry_run": True}).payload

    assert answer["mode"] == "dry run"
    assert [block["reservation_id"] for block in answer["blocks"]] == [RESERVATION]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"dry_run": "yes"}, "dry_run is 'yes'; allowed: true, false"),
        ({"pools": "training"}, "'pools' is not a field of the event"),
        ({"look_again_at": "soon"}, "look_again_at is 'soon'"),
        (["training"], "the event is list; allowed: a JSON object"),
    ],
)
def test_a_bad_event_is_an_error_that_names_what_is_wrong(reconcile: Running, event: Any, message: str) -> None:
    outcome = reconcile.invoke(event)

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "RequestError")
    assert outcome.payload["errorMessage"].startswith(message)


def test_a_missing_variable_is_an_error_that_names_it(built: Mapping[str, Built], runtime: Path, aws: LocalAws) -> None:
    given = environment(FUNCTION) | aws.environment
    with running(built[FUNCTION], {k: v for k, v in given.items() if k != "TOPIC_ARN"}, runtime) as function:
        outcome = function.invoke({"dry_run": True})

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "SettingsError")
    assert outcome.payload["errorMessage"] == "environment variable TOPIC_ARN is not set"


def test_an_ec2_that_does_not_answer_is_an_error_and_not_an_empty_account(
    built: Mapping[str, Built], runtime: Path, aws: LocalAws
) -> None:
    no_ec2 = {"AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9"}  # the port of the discard protocol: nobody listens
    with running(built[FUNCTION], environment(FUNCTION) | aws.environment | no_ec2, runtime) as function:
        outcome = function.invoke({"trigger": "sweep"})

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, "ReconcileError")
    assert outcome.payload["errorMessage"].startswith("us-east-2: the region could not be read: ")
