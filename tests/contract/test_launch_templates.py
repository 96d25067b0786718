"""The fake launch templates and EC2's, as the local AWS keeps them, keep the same promises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from capacity_blocks.adapters.ec2_templates import Ec2LaunchTemplates
from capacity_blocks.core.target import LaunchTemplate, TemplateVersion
from capacity_blocks.ports import AwsError, LaunchTemplates
from simulator import launch_templates
from tests import aws
from tests.fakes import FakeLaunchTemplates

TYPE, OTHER_TYPE = "p5.48xlarge", "p5e.48xlarge"


@dataclass(frozen=True, kw_only=True)
class Harness:
    """`version` is the first of a template; `add` makes another one, for another instance type."""

    templates: LaunchTemplates
    version: TemplateVersion
    add: Callable[[str], TemplateVersion]

    def named(self, number: str) -> TemplateVersion:
        return replace(self.version, version=number)


@pytest.fixture(params=["fake", "ec2"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    if request.param == "fake":
        yield fake_harness()
        return
    launch_templates.install()
    with aws.moto():
        yield moto_harness()


def fake_harness() -> Harness:
    fake = FakeLaunchTemplates()
    first = LaunchTemplate(template_id="lt-0a", version="1", instance_type=TYPE)

    def add(instance_type: str) -> TemplateVersion:
        return fake.add(replace(first, version=str(len(fake.versions["lt-0a"]) + 1), instance_type=instance_type))

    return Harness(templates=fake, version=fake.add(first), add=add)


def moto_harness() -> Harness:
    client = aws.client("ec2")
    made = client.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={"InstanceType": TYPE})
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]

    def add(instance_type: str) -> TemplateVersion:
        version = client.create_launch_template_version(
            LaunchTemplateId=template_id, LaunchTemplateData={"InstanceType": instance_type}
        )["LaunchTemplateVersion"]
        return TemplateVersion(template_id=template_id, version=str(version["VersionNumber"]))

    return Harness(
        templates=Ec2LaunchTemplates(client), version=TemplateVersion(template_id=template_id, version="1"), add=add
    )


def test_a_version_is_read_under_its_number(harness: Harness) -> None:
    read = harness.templates.read(harness.version)

    assert read == LaunchTemplate(template_id=harness.version.template_id, version="1", instance_type=TYPE)


def test_latest_and_default_are_read_as_the_versions_that_they_are_now(harness: Harness) -> None:
    harness.add(OTHER_TYPE)

    assert harness.templates.read(harness.named("$Latest")).version == "2"
    assert harness.templates.read(harness.named("$Default")).version == "1"


@pytest.mark.parametrize("gone", [TemplateVersion(template_id="lt-0123456789abcdef0", version="1"), None])
def test_reading_what_is_not_there_is_refused(harness: Harness, gone: TemplateVersion | None) -> None:
    with pytest.raises(AwsError) as raised:
        harness.templates.read(gone or harness.named("9"))

    assert raised.value.definite


def test_a_version_for_a_block_is_its_source_but_for_market_type_and_reservation(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")

    assert harness.templates.read(made) == replace(
        harness.templates.read(harness.version),
        version="2",
        market_type="capacity-block",
        reservation_id="cr-0a",
    )


def test_a_version_for_a_block_is_made_once(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")
    harness.add(OTHER_TYPE)

    assert harness.templates.version_for(harness.version, "cr-0a", "train") == made
    assert harness.templates.version_for(made, "cr-0a", "train") == made


def test_two_targets_of_one_template_have_versions_of_their_own(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")

    assert harness.templates.version_for(harness.version, "cr-0a", "train-2") != made


def test_the_version_for_the_next_block_is_another_one(harness: Harness) -> None:
    first = harness.templates.version_for(harness.version, "cr-0a", "train-a")
    second = harness.templates.version_for(first, "cr-0b", "train-b")

    assert [harness.templates.read(v).reservation_id for v in (first, second)] == ["cr-0a", "cr-0b"]


def test_a_source_that_has_changed_gives_another_version(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")
    changed = harness.add(OTHER_TYPE)

    again = harness.templates.version_for(changed, "cr-0a", "train")

    assert again != made
    assert harness.templates.read(again).instance_type == OTHER_TYPE


def test_a_version_that_was_deleted_is_made_anew(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")
    harness.templates.delete(made)
    again = harness.templates.version_for(harness.version, "cr-0a", "train")

    assert again != made
    assert harness.templates.read(again).reservation_id == "cr-0a"


def test_a_version_is_deleted_and_no_other(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")
    harness.templates.delete(made)

    with pytest.raises(AwsError):
        harness.templates.read(made)
    assert harness.templates.read(harness.version).version == "1"


def test_deleting_what_is_gone_is_harmless(harness: Harness) -> None:
    made = harness.templates.version_for(harness.version, "cr-0a", "train")
    harness.templates.delete(made)
    harness.templates.delete(made)

    harness.templates.delete(TemplateVersion(template_id="lt-0123456789abcdef0", version="2"))
