"""The template and the workflows hold against CloudFormation's own schemas."""

import json
from typing import Any

import pytest
import yaml
from cfnlint.api import ManualArgs, lint

from tests.template.stack import PATH, ROOT
from tests.template.transformed import document

WORKFLOWS = sorted((ROOT / "statemachines").glob("*.asl.yaml"))


def complaints(template: str) -> list[str]:
    return [str(match) for match in lint(template, config=ManualArgs(regions=["us-east-1"]))]


def machine(definition: Any) -> str:
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/r", "Definition": definition}
    resources = {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def test_the_template_is_clean_as_written() -> None:
    assert complaints(PATH.read_text()) == []


def test_the_template_is_clean_as_deployed() -> None:
    assert complaints(json.dumps(document())) == []


def test_every_workflow_is_valid_states_language() -> None:
    assert {path.name: complaints(machine(yaml.safe_load(path.read_text()))) for path in WORKFLOWS} == {
        path.name: [] for path in WORKFLOWS
    }


@pytest.mark.parametrize(
    "definition",
    [
        {"StartAt": "Nowhere", "States": {"Here": {"Type": "Pass", "End": True}}},
        {"StartAt": "Here", "States": {"Here": {"Type": "Rest", "End": True}}},
    ],
    ids=["no such state", "no such type"],
)
def test_a_broken_workflow_is_found(definition: dict[str, Any]) -> None:
    assert complaints(machine(definition))
