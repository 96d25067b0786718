"""The functions of reminders, as built, under AWS's runtime client: they start, look, and fail as they should."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.built.local_aws import LocalAws
from tests.built.runtime_api import Built, Kind, running
from tests.built.samples import EVENTS, events_for
from tests.template.stack import environment

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("built")

OUTCOMES = {"RemindFunction": "reminded", "GatherOffersFunction": "gathered"}


@pytest.mark.parametrize("function", OUTCOMES)
def test_what_is_due_is_seen_to(built: Mapping[str, Built], runtime: Path, aws: LocalAws, function: str) -> None:
    with running(built[function], environment(function) | aws.environment, runtime) as started:
        outcomes = [started.invoke(EVENTS[name]) for name in events_for(function)]

    assert [(each.kind, each.payload["outcome"], each.payload["errors"]) for each in outcomes] == [
        (Kind.RESPONSE, OUTCOMES[function], [])
    ]


@pytest.mark.parametrize(
    ("function", "error"), [("RemindFunction", "RemindError"), ("GatherOffersFunction", "GatherError")]
)
def test_an_ec2_that_does_not_answer_is_an_error_and_not_an_empty_account(
    built: Mapping[str, Built], runtime: Path, aws: LocalAws, function: str, error: str
) -> None:
    no_ec2 = {"AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9"}  # the port of the discard protocol: nobody listens
    with running(built[function], environment(function) | aws.environment | no_ec2, runtime) as started:
        outcome = started.invoke({"trigger": "sweep"})

    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, error)
    assert outcome.payload["errorMessage"].startswith("us-east-2: ")
