"""Launch templates: versions that inherit, tokens, deletion, and how they are shown."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import changes
from tests.simulator.groups_stage import Stage, refusal, staged

TARGET = {"CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef2"}}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def _made(stage: Stage) -> str:
    return stage.template("cr-0123456789abcdef1", KeyName="team")


def _version(stage: Stage, template_id: str, **parameters: Any) -> dict[str, Any]:
    answer = stage.client("ec2").create_launch_template_version(LaunchTemplateId=template_id, **parameters)
    version: dict[str, Any] = answer["LaunchTemplateVersion"]
    return version


def _numbers(stage: Stage, template_id: str, **parameters: Any) -> list[int]:
    answer = stage.client("ec2").describe_launch_template_versions(LaunchTemplateId=template_id, **parameters)
    return [one["VersionNumber"] for one in answer["LaunchTemplateVersions"]]


def test_a_version_differs_from_its_source_only_in_what_is_given(stage: Stage) -> None:
    template = _made(stage)
    version = _version(
        stage,
        template,
        SourceVersion="1",
        VersionDescription="for the second block",
        LaunchTemplateData={"CapacityReservationSpecification": TARGET},
    )
    assert (version["VersionNumber"], version["DefaultVersion"]) == (2, False)
    assert version["VersionDescription"] == "for the second block"
    assert version["LaunchTemplateData"] == {
        "ImageId": "ami-0123456789abcdef0",
        "InstanceType": "p5.48xlarge",
        "KeyName": "team",
        "InstanceMarketOptions": {"MarketType": "capacity-block"},
        "CapacityReservationSpecification": TARGET,
    }


def test_a_version_without_a_source_inherits_nothing(stage: Stage) -> None:
    version = _version(stage, _made(stage), LaunchTemplateData={"KeyName": "other"})
    assert version["LaunchTemplateData"] == {"KeyName": "other"}


def test_a_version_of_an_unknown_source_is_refused(stage: Stage) -> None:
    code = refusal(
        stage.client("ec2").create_launch_template_version,
        LaunchTemplateId=_made(stage),
        SourceVersion="7",
        LaunchTemplateData={},
    )
    assert code == "InvalidLaunchTemplateId.VersionNotFound"


def test_the_same_token_makes_one_version(stage: Stage) -> None:
    template = _made(stage)
    asked = {"SourceVersion": "1", "ClientToken": "bind-1", "LaunchTemplateData": {"KeyName": "other"}}
    assert _version(stage, template, **asked) == _version(stage, template, **asked)
    assert _numbers(stage, template) == [2, 1]


def test_another_token_makes_another_version(stage: Stage) -> None:
    template = _made(stage)
    asked = {"SourceVersion": "1", "LaunchTemplateData": {"KeyName": "other"}}
    _version(stage, template, ClientToken="bind-1", **asked)
    assert _version(stage, template, ClientToken="bind-2", **asked)["VersionNumber"] == 3


def test_a_token_with_another_question_is_refused(stage: Stage) -> None:
    template = _made(stage)
    _version(stage, template, ClientToken="bind-1", LaunchTemplateData={"KeyName": "other"})
    code = refusal(
        stage.client("ec2").create_launch_template_version,
        LaunchTemplateId=template,
        ClientToken="bind-1",
        LaunchTemplateData={"KeyName": "third"},
    )
    assert code == "IdempotentParameterMismatch"


def test_versions_are_found_by_number_latest_and_default(stage: Stage) -> None:
    template = _made(stage)
    for key in ("a", "b"):
        _version(stage, template, SourceVersion="1", LaunchTemplateData={"KeyName": key})
    stage.client("ec2").modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    assert _numbers(stage, template, Versions=["1"]) == [1]
    assert _numbers(stage, template, Versions=["$Latest", "$Default"]) == [3, 2]
    assert _numbers(stage, template) == [3, 2, 1]
    assert _numbers(stage, template, MinVersion="2", MaxVersion="2") == [2]


def test_the_latest_versions_of_all_templates_are_shown_at_once(stage: Stage) -> None:
    _version(stage, _made(stage), LaunchTemplateData={"KeyName": "other"})
    stage.template(None, name="second")
    answer = stage.client("ec2").describe_launch_template_versions(Versions=["$Latest"])
    shown = [(one["LaunchTemplateName"], one["VersionNumber"]) for one in answer["LaunchTemplateVersions"]]
    assert shown == [("training", 2), ("second", 1)]


def test_numbers_without_a_template_are_refused(stage: Stage) -> None:
    assert refusal(stage.client("ec2").describe_launch_template_versions, Versions=["1"]) == "MissingParameter"


def test_versions_come_in_pages(stage: Stage) -> None:
    template = _made(stage)
    for key in ("a", "b"):
        _version(stage, template, LaunchTemplateData={"KeyName": key})
    pages = stage.client("ec2").get_paginator("describe_launch_template_versions")
    found = pages.paginate(LaunchTemplateId=template, PaginationConfig={"PageSize": 1})
    assert [one["VersionNumber"] for page in found for one in page["LaunchTemplateVersions"]] == [3, 2, 1]


def test_a_deleted_version_is_gone_and_its_number_never_comes_back(stage: Stage) -> None:
    template = _made(stage)
    _version(stage, template, LaunchTemplateData={"KeyName": "a"})
    ec2 = stage.client("ec2")
    answer = ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["2"])
    assert [one["VersionNumber"] for one in answer["SuccessfullyDeletedLaunchTemplateVersions"]] == [2]
    code = refusal(ec2.describe_launch_template_versions, LaunchTemplateId=template, Versions=["2"])
    assert code == "InvalidLaunchTemplateId.VersionNotFound"
    assert _numbers(stage, template, Versions=["$Latest"]) == [1]
    assert _version(stage, template, LaunchTemplateData={"KeyName": "b"})["VersionNumber"] == 3


def test_the_default_version_and_an_unknown_one_are_not_deleted(stage: Stage) -> None:
    template = _made(stage)
    answer = stage.client("ec2").delete_launch_template_versions(LaunchTemplateId=template, Versions=["1", "9"])
    kept = answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [(one["VersionNumber"], one["ResponseError"]["Code"]) for one in kept] == [
        (1, "unexpectedError"),
        (9, "launchTemplateVersionDoesNotExist"),
    ]
    assert _numbers(stage, template) == [1]


def test_a_templates_own_tags_stay_out_of_its_launch_data(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "ml"}]}]
    data = {"InstanceType": "m5.large"}
    ec2.create_launch_template(LaunchTemplateName="tagged", LaunchTemplateData=data, TagSpecifications=tags)
    [shown] = ec2.describe_launch_templates(LaunchTemplateNames=["tagged"])["LaunchTemplates"]
    assert shown["Tags"] == [{"Key": "team", "Value": "ml"}]
    [version] = ec2.describe_launch_template_versions(LaunchTemplateName="tagged")["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"] == data


def test_templates_come_in_pages_and_an_unknown_one_is_an_error(stage: Stage) -> None:
    for number in range(5):
        stage.template(None, name=f"template-{number}")
    ec2 = stage.client("ec2")
    pages = ec2.get_paginator("describe_launch_templates").paginate(PaginationConfig={"PageSize": 2})
    sizes = [len(page["LaunchTemplates"]) for page in pages]
    assert sizes == [2, 2, 1]
    code = refusal(ec2.describe_launch_templates, LaunchTemplateIds=["lt-0123456789abcdef0"])
    assert code == "InvalidLaunchTemplateId.NotFound"


def test_a_new_version_counts_as_a_change_and_a_look_does_not(stage: Stage) -> None:
    template = _made(stage)
    before = changes.current()
    _numbers(stage, template)
    assert changes.current() == before
    _version(stage, template, LaunchTemplateData={"KeyName": "a"})
    assert changes.current() > before
