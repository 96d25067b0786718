"""The functions that speak to nodes, as built, under AWS's runtime client: they start, and take what they are for."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.built.local_aws import LocalAws
from tests.built.runtime_api import Built, Kind, Running, running
from tests.built.samples import EVENTS, events_for
from tests.template.stack import environment

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("built")

CHECK, DRAIN, WARN = "CheckNodesFunction", "DrainNodeFunction", "WarnNodesFunction"
Started = Mapping[tuple[str, str], Running]


@pytest.fixture(scope="module")
def functions(built: Mapping[str, Built], runtime: Path, aws: LocalAws) -> Iterator[Started]:
    """Start the functions, as they observe only and for real."""
    with ExitStack() as exits:
        yield {
            (name, observe): exits.enter_context(
                running(built[name], environment(name) | aws.environment | {"OBSERVE_ONLY": observe}, runtime)
            )
            for name in (CHECK, DRAIN, WARN)
            for observe in ("true", "false")
        }


@pytest.mark.parametrize("name", [*events_for(DRAIN), "instance-interruption-warning"])
def test_an_instance_that_is_gone_needs_no_drain(functions: Started, name: str) -> None:
    outcome = functions[DRAIN, "false"].invoke(EVENTS[name])

    assert (outcome.kind, outcome.payload) == (
        Kind.RESPONSE,
        {"instance_id": "i-0123456789abcdef0", "outcome": "it is in no Auto Scaling group"},
    )


@pytest.mark.parametrize("name", events_for(WARN))
def test_a_target_without_nodes_needs_no_warning(functions: Started, name: str) -> None:
    outcome = functions[WARN, "false"].invoke(EVENTS[name])

    expected = {"group": "train", "step": EVENTS[name]["step"], "outcome": "no instance is in service"}
    assert (outcome.kind, outcome.payload) == (Kind.RESPONSE, expected)


@pytest.mark.parametrize("name", events_for(CHECK))
def test_a_target_without_nodes_is_not_looked_at(functions: Started, name: str) -> None:
    outcome = functions[CHECK, "false"].invoke(EVENTS[name])

    expected = {"group": EVENTS[name]["group"], "outcome": "no instance is in service"}
    assert (outcome.kind, outcome.payload) == (Kind.RESPONSE, expected)


@pytest.mark.parametrize(
    ("function", "name"), [(CHECK, "check-nodes"), (DRAIN, "drain-node"), (WARN, "warn-nodes-mark")]
)
def test_who_observes_only_touches_nothing(functions: Started, function: str, name: str) -> None:
    assert functions[function, "true"].invoke(EVENTS[name]).payload["outcome"] == "only observed"


@pytest.mark.parametrize("function", [CHECK, DRAIN, WARN])
@pytest.mark.parametrize("event", [{"request": 7}, {"detail-type": "Capacity Block Delivered"}, ["i-0a"]])
def test_a_bad_event_is_an_error_that_names_what_is_wrong(functions: Started, function: str, event: Any) -> None:
    outcome = functions[function, "false"].invoke(event)

    error = "CheckRequestError" if function == CHECK else "DrainRequestError"
    assert (outcome.kind, outcome.payload["errorType"]) == (Kind.ERROR, error)
    assert "; allowed: " in outcome.payload["errorMessage"]


@pytest.mark.parametrize("function", [CHECK, DRAIN, WARN])
def test_a_missing_variable_is_an_error_that_names_it(
    built: Mapping[str, Built], runtime: Path, aws: LocalAws, function: str
) -> None:
    variables = environment(function) | aws.environment
    del variables["TOPIC_ARN"]
    with running(built[function], variables, runtime) as started:
        outcome = started.invoke(EVENTS["drain-node"])

    assert (outcome.kind, outcome.payload["errorMessage"]) == (
        Kind.ERROR,
        "environment variable TOPIC_ARN is not set",
    )
