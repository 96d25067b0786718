from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_templates import Ec2LaunchTemplates
from capacity_blocks.core.target import LaunchTemplate, TemplateVersion
from capacity_blocks.ports import AwsError
from tests import aws
from tests.unit.adapters.stub import add_pages

TEMPLATE_ID = "lt-0a"
DATA: dict[str, Any] = {"ImageId": "ami-0a", "InstanceType": "p5.48xlarge", "UserData": "c3RhcnQ="}
FOR_BLOCK: dict[str, Any] = {
    "InstanceMarketOptions": {"MarketType": "capacity-block"},
    "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": "cr-0a"}},
}
TOKEN = "train-cr-0a"
MARK = f"capacity-blocks: cr-0a ({TOKEN})"


def named(number: int | str) -> TemplateVersion:
    return TemplateVersion(template_id=TEMPLATE_ID, version=str(number))


def item(number: int, data: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {
        "LaunchTemplateId": TEMPLATE_ID,
        "VersionNumber": number,
        "VersionDescription": description,
        "LaunchTemplateData": data,
    }


@dataclass
class Ec2:
    """EC2 as a Stubber plays it, and the adapter on it."""

    stub: Stubber
    templates: Ec2LaunchTemplates

    def shows(self, version: dict[str, Any], asked: str | None = None) -> None:
        self.stub.add_response(
            "describe_launch_template_versions",
            {"LaunchTemplateVersions": [version]},
            {"LaunchTemplateId": TEMPLATE_ID, "Versions": [asked or str(version["VersionNumber"])]},
        )

    def lists_from(self, number: int, *pages: list[dict[str, Any]]) -> None:
        asked = {"LaunchTemplateId": TEMPLATE_ID, "MinVersion": str(number), "MaxResults": 200}
        add_pages(self.stub, "describe_launch_template_versions", "LaunchTemplateVersions", list(pages), asked=asked)

    def shows_image(self, details: str) -> None:
        self.stub.add_response(
            "describe_images",
            {"Images": [{"ImageId": "ami-0a", "PlatformDetails": details}]},
            {"ImageIds": ["ami-0a"], "IncludeDeprecated": True},
        )

    def makes(self, number: int, source: int, changes: dict[str, Any]) -> None:
        self.stub.add_response(
            "create_launch_template_version",
            {"LaunchTemplateVersion": item(number, {**DATA, **changes}, MARK)},
            {
                "LaunchTemplateId": TEMPLATE_ID,
                "SourceVersion": str(source),
                "VersionDescription": MARK,
                "LaunchTemplateData": changes,
            },
        )


@pytest.fixture
def ec2() -> Iterator[Ec2]:
    client = aws.client("ec2")
    with Stubber(client) as stub:
        yield Ec2(stub, Ec2LaunchTemplates(client))
        stub.assert_no_pending_responses()


def test_a_version_is_read_with_its_number_and_the_platform_of_its_image(ec2: Ec2) -> None:
    ec2.shows(item(3, {**DATA, **FOR_BLOCK, "Placement": {"GroupName": "pg", "Tenancy": "default"}}), asked="$Latest")
    ec2.shows_image("Linux/UNIX")

    assert ec2.templates.read(named("$Latest")) == LaunchTemplate(
        template_id=TEMPLATE_ID,
        version="3",
        instance_type="p5.48xlarge",
        market_type="capacity-block",
        reservation_id="cr-0a",
        placement_group="pg",
        tenancy="default",
        platform="Linux/UNIX",
    )


def test_what_a_version_leaves_open_is_none(ec2: Ec2) -> None:
    ec2.shows(item(1, {}))

    assert ec2.templates.read(named(1)) == LaunchTemplate(template_id=TEMPLATE_ID, version="1")


def test_a_placement_group_may_be_named_by_its_id(ec2: Ec2) -> None:
    ec2.shows(item(1, {"Placement": {"GroupId": "pg-0a"}}))

    assert ec2.templates.read(named(1)).placement_group == "pg-0a"


def test_an_image_that_is_looked_up_at_each_launch_has_no_platform_yet(ec2: Ec2) -> None:
    ec2.shows(item(1, {"ImageId": "resolve:ssm:/images/gpu"}))

    assert ec2.templates.read(named(1)).platform is None


@pytest.mark.parametrize(
    ("details", "platform"),
    [("Red Hat Enterprise Linux with HA", "RHEL with HA"), ("Ubuntu Pro", "Ubuntu Pro")],
)
def test_a_platform_is_said_in_the_words_of_reservations(ec2: Ec2, details: str, platform: str) -> None:
    ec2.shows(item(1, DATA))
    ec2.shows_image(details)

    assert ec2.templates.read(named(1)).platform == platform


def test_an_image_that_is_gone_has_no_platform(ec2: Ec2) -> None:
    ec2.shows(item(1, DATA))
    ec2.stub.add_client_error("describe_images", "InvalidAMIID.NotFound", http_status_code=400)

    assert ec2.templates.read(named(1)).platform is None


def test_an_image_that_cannot_be_looked_up_is_an_error(ec2: Ec2) -> None:
    ec2.shows(item(1, DATA))
    ec2.stub.add_client_error("describe_images", "UnauthorizedOperation", http_status_code=403)

    with pytest.raises(AwsError, match="UnauthorizedOperation"):
        ec2.templates.read(named(1))


def test_a_version_that_is_gone_is_refused(ec2: Ec2) -> None:
    ec2.stub.add_client_error("describe_launch_template_versions", "InvalidLaunchTemplateId.VersionNotFound")

    with pytest.raises(AwsError) as raised:
        ec2.templates.read(named(9))

    assert raised.value.definite


def test_a_new_version_overrides_market_type_and_reservation_alone(ec2: Ec2) -> None:
    ec2.shows(item(3, DATA), asked="$Default")
    ec2.lists_from(3, [item(3, DATA)])
    ec2.makes(4, source=3, changes=FOR_BLOCK)

    assert ec2.templates.version_for(named("$Default"), "cr-0a", TOKEN) == named(4)


def test_botocore_makes_a_token_for_each_call_so_that_its_retries_make_one_version() -> None:
    model = aws.client("ec2").meta.service_model.operation_model("CreateLaunchTemplateVersion")

    assert model.idempotent_members == ["ClientToken"]


def test_a_version_that_was_made_before_is_found_again_on_any_page(ec2: Ec2) -> None:
    ec2.shows(item(3, DATA))
    ec2.lists_from(3, [item(3, DATA)], [item(4, {**DATA, **FOR_BLOCK}, MARK)])

    assert ec2.templates.version_for(named(3), "cr-0a", TOKEN) == named(4)


def test_a_version_whose_preference_ec2_kept_is_found_again(ec2: Ec2) -> None:
    specification = {
        "CapacityReservationPreference": "capacity-reservations-only",
        **FOR_BLOCK["CapacityReservationSpecification"],
    }
    ec2.shows(item(3, DATA))
    ec2.lists_from(3, [item(4, {**DATA, **FOR_BLOCK, "CapacityReservationSpecification": specification}, MARK)])

    assert ec2.templates.version_for(named(3), "cr-0a", TOKEN) == named(4)


@pytest.mark.parametrize(
    "other",
    [
        item(4, {**DATA, **FOR_BLOCK}, "a person's own"),
        item(4, {**DATA, **FOR_BLOCK}, "capacity-blocks: cr-0a (another-target)"),
        item(4, {**DATA, **FOR_BLOCK, "ImageId": "ami-older"}, MARK),
        item(4, {**DATA, **FOR_BLOCK, "InstanceMarketOptions": {"MarketType": "on-demand"}}, MARK),
        item(4, {**DATA, "InstanceMarketOptions": FOR_BLOCK["InstanceMarketOptions"]}, MARK),
    ],
    ids=["of a person", "of another target", "of an older source", "on demand", "without a reservation"],
)
def test_a_version_that_is_not_the_very_one_is_not_taken(ec2: Ec2, other: dict[str, Any]) -> None:
    ec2.shows(item(3, DATA))
    ec2.lists_from(3, [item(3, DATA), other])
    ec2.makes(5, source=3, changes=FOR_BLOCK)

    assert ec2.templates.version_for(named(3), "cr-0a", TOKEN) == named(5)


def test_a_preference_of_the_source_is_overridden_with_the_one_that_may_stand_beside_a_target(ec2: Ec2) -> None:
    data = {**DATA, "CapacityReservationSpecification": {"CapacityReservationPreference": "open"}}
    ec2.shows(item(3, data))
    ec2.lists_from(3, [item(3, data)])
    specification = {
        "CapacityReservationPreference": "capacity-reservations-only",
        "CapacityReservationTarget": {"CapacityReservationId": "cr-0a"},
    }
    ec2.makes(4, source=3, changes={**FOR_BLOCK, "CapacityReservationSpecification": specification})

    assert ec2.templates.version_for(named(3), "cr-0a", TOKEN) == named(4)


def test_snapshots_are_given_again_since_ec2_does_not_inherit_them(ec2: Ec2) -> None:
    mappings = [{"DeviceName": "/dev/xvdb", "Ebs": {"SnapshotId": "snap-0a", "VolumeSize": 500}}]
    data = {**DATA, "BlockDeviceMappings": mappings}
    ec2.shows(item(3, data))
    ec2.lists_from(3, [item(3, data)])
    ec2.makes(4, source=3, changes={**FOR_BLOCK, "BlockDeviceMappings": mappings})

    assert ec2.templates.version_for(named(3), "cr-0a", TOKEN) == named(4)


def deletion(**answer: list[dict[str, Any]]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return (
        "delete_launch_template_versions",
        dict(answer),
        {"LaunchTemplateId": TEMPLATE_ID, "Versions": ["4"]},
    )


def test_a_version_is_deleted(ec2: Ec2) -> None:
    ec2.stub.add_response(*deletion(SuccessfullyDeletedLaunchTemplateVersions=[{"VersionNumber": 4}]))

    ec2.templates.delete(named(4))


@pytest.mark.parametrize("code", ["launchTemplateVersionDoesNotExist", "launchTemplateIdDoesNotExist"])
def test_deleting_a_version_that_is_gone_is_harmless(ec2: Ec2, code: str) -> None:
    failed = {"VersionNumber": 4, "ResponseError": {"Code": code}}
    ec2.stub.add_response(*deletion(UnsuccessfullyDeletedLaunchTemplateVersions=[failed]))

    ec2.templates.delete(named(4))


def test_deleting_a_version_of_a_template_that_is_gone_is_harmless(ec2: Ec2) -> None:
    ec2.stub.add_client_error("delete_launch_template_versions", "InvalidLaunchTemplateId.NotFound")

    ec2.templates.delete(named(4))


def test_a_version_that_ec2_does_not_delete_is_an_error_although_the_call_succeeds(ec2: Ec2) -> None:
    failed = {"VersionNumber": 4, "ResponseError": {"Code": "unexpectedError", "Message": "it is the default"}}
    ec2.stub.add_response(*deletion(UnsuccessfullyDeletedLaunchTemplateVersions=[failed]))

    with pytest.raises(AwsError, match="it is the default"):
        ec2.templates.delete(named(4))


def test_a_deletion_that_is_denied_is_an_error(ec2: Ec2) -> None:
    ec2.stub.add_client_error("delete_launch_template_versions", "UnauthorizedOperation", http_status_code=403)

    with pytest.raises(AwsError, match="UnauthorizedOperation"):
        ec2.templates.delete(named(4))
