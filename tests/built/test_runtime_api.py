"""The local Runtime API and AWS's runtime client understand each other, in success and in failure."""

from pathlib import Path

import pytest

from tests.built.runtime_api import Built, Kind, running

HANDLER = """
import json, os, sys

def echo(event, context):
    print("saw", event)
    return {
        "event": event,
        "arn": context.invoked_function_arn,
        "seconds": context.get_remaining_time_in_millis() // 1000,
        "says": os.environ["SAYS"],
        "path": [p for p in sys.path if "site-packages" in p],
    }

def fail(event, context):
    raise ValueError(f"{event['n']} is odd")
"""
ENVIRONMENT = {"AWS_REGION": "us-east-1", "SAYS": "hello"}


@pytest.fixture
def task(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(HANDLER)
    return tmp_path


def function(task: Path, handler: str) -> Built:
    return Built(name="Echo", task=task, layers=(), handler=handler)


def test_a_function_answers_again_and_again(task: Path, runtime: Path) -> None:
    with running(function(task, "app.echo"), ENVIRONMENT, runtime) as echo:
        first, second = echo.invoke({"n": 1}), echo.invoke({"n": 2})

    assert (first.kind, second.kind) == (Kind.RESPONSE, Kind.RESPONSE)
    assert (first.payload["event"], second.payload["event"]) == ({"n": 1}, {"n": 2})
    assert first.payload["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:Echo"
    assert first.payload["seconds"] in range(20, 31)
    assert first.payload["says"] == "hello"
    assert "saw {'n': 1}" in echo.log


def test_a_function_sees_nothing_that_is_installed_here(task: Path, runtime: Path) -> None:
    with running(function(task, "app.echo"), ENVIRONMENT, runtime) as echo:
        assert echo.invoke({}).payload["path"] == []


def test_an_exception_is_an_error_with_its_type(task: Path, runtime: Path) -> None:
    with running(function(task, "app.fail"), ENVIRONMENT, runtime) as fail:
        outcome = fail.invoke({"n": 3})

    assert outcome.kind is Kind.ERROR
    assert (outcome.payload["errorType"], outcome.payload["errorMessage"]) == ("ValueError", "3 is odd")


def test_a_function_that_cannot_be_imported_fails_at_its_start(task: Path, runtime: Path) -> None:
    with running(function(task, "absent.handler"), ENVIRONMENT, runtime) as absent:
        outcome = absent.invoke({})

    assert outcome.kind is Kind.INIT_ERROR
    assert outcome.payload["errorType"] == "Runtime.ImportModuleError"
