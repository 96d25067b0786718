"""The template is the only wiring: what it says is created, what it gets wrong is an error that names it."""

from pathlib import Path
from typing import Any

import pytest

from simulator import template
from simulator.intrinsics import Intrinsics, TemplateError
from simulator.world import World
from tests.simulator.stage import APP, deployed


def intrinsics(**parameters: Any) -> Intrinsics:
    return Intrinsics(
        parameters={"AWS::Region": "us-east-2", **parameters},
        mappings={"Sizes": {"us-east-2": {"small": 4}}},
        conditions={"Yes": {"Fn::Equals": ["a", {"Ref": "A"}]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
        ref=lambda logical_id: f"ref-{logical_id}",
        attribute=lambda logical_id, name: f"{name}-of-{logical_id}",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "A"}, "a"),
        ({"Ref": "Table"}, "ref-Table"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "Arn-of-Table"),
        ({"Fn::GetAtt": "Table.Stream.Arn"}, "Stream.Arn-of-Table"),
        ({"Fn::Sub": "${A}/${Table}/${Table.Arn}/${!A}/${AWS::Region}"}, "a/ref-Table/Arn-of-Table/${A}/us-east-2"),
        ({"Fn::Sub": ["${A}${B}", {"B": {"Ref": "A"}}]}, "aa"),
        ({"Fn::Join": [",", ["x", {"Ref": "A"}]]}, "x,a"),
        ({"Fn::Split": ["-", "x-y"]}, ["x", "y"]),
        ({"Fn::Select": [1, {"Fn::Split": ["-", "x-y"]}]}, "y"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "small"]}, 4),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, 2]}, 2),
        ({"kept": 1, "gone": {"Ref": "AWS::NoValue"}}, {"kept": 1}),
        ([1, {"Fn::If": ["No", 2, {"Ref": "AWS::NoValue"}]}], [1]),
        ({"Fn::ToJsonString": {"a": {"Ref": "A"}}}, '{"a":"a"}'),
        ({"Fn::Length": [1, 2]}, 2),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
    ],
)
def test_intrinsic_functions_resolve(value: Any, expected: Any) -> None:
    assert intrinsics(A="a").resolve(value) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, False),
        ({"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
    ],
)
def test_conditions_combine(condition: Any, holds: bool) -> None:
    assert intrinsics(A="a").resolve(condition) is holds


def test_an_unknown_function_is_an_error_that_names_it() -> None:
    with pytest.raises(TemplateError, match="Fn::Cidr"):
        intrinsics().resolve({"Fn::Cidr": ["10.0.0.0/16", 4]})


def test_a_resource_exists_only_when_its_condition_holds() -> None:
    with deployed() as without:
        assert without.stack is not None
        assert "Extra" not in without.stack.resources
    with deployed(parameters={"WithExtra": "true"}) as world:
        assert "Extra" in world.physical_id("Extra")


def test_names_are_drawn_from_the_seed() -> None:
    names = []
    for seed in (1, 1, 2):
        with deployed(seed=seed) as world:
            names.append(world.physical_id("Table"))
    assert names[0] == names[1] != names[2]


def test_outputs_are_resolved() -> None:
    with deployed() as world:
        assert world.stack is not None
        assert world.stack.outputs()["WorkflowArn"] == world.physical_id("Workflow")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Greeting": "hey"}, "parameter Greeting is 'hey', allowed are hello, hi"),
        ({"Gruss": "hi"}, "no parameter Gruss"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        template.load(APP, parameters, "us-east-2")


def written(folder: Path, resources: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(f"Transform: AWS::Serverless-2016-10-31\nResources:\n{resources}")
    return path


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ("  Bucket: {Type: 'AWS::S3::Bucket'}", "Bucket: the simulator does not know AWS::S3::Bucket"),
        ("  Queue: {Type: 'AWS::SQS::Queue', DependsOn: Nobody}", "Nobody is neither a parameter nor a resource"),
        (
            "  A: {Type: 'AWS::SQS::Queue', DependsOn: B}\n  B: {Type: 'AWS::SQS::Queue', DependsOn: A}",
            "A -> B -> A: resources need each other in a circle",
        ),
        (
            """
  A: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !GetAtt Q.Colour}}
  Q: {Type: 'AWS::SQS::Queue'}""",
            "Q: the simulator knows no attribute Colour of AWS::SQS::Queue",
        ),
        (
            "  R: {Type: 'AWS::Events::Rule', Properties: {ScheduleExpression: rate(1 minute)}}",
            "R: scheduled rules are not simulated",
        ),
    ],
)
def test_what_a_template_gets_wrong_is_named(tmp_path: Path, resources: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message), World(template=written(tmp_path, resources)):
        pass


def test_a_folder_without_code_is_named(tmp_path: Path) -> None:
    function = (
        "  F: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: nowhere, Handler: a.b, Runtime: python3.13}}"
    )
    with (
        pytest.raises(TemplateError, match="F: 'nowhere' is not a folder"),
        World(template=written(tmp_path, function)),
    ):
        pass


def test_a_failed_deployment_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(TemplateError), World(template=written(tmp_path, "  B: {Type: 'AWS::S3::Bucket'}")):
        pass
    with deployed() as world:
        assert world.invoke("ProbeFunction", {})["runs"] == 1
