from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_tags import Ec2Tags
from capacity_blocks.ports import AwsError
from tests import aws

TAGS = {"Name": "training", "capacity-blocks:pool": "training"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("ec2")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_each_reservation_gets_all_tags(stub: Stubber) -> None:
    for each in ("cr-0a", "cr-0b"):
        stub.add_response("create_tags", {}, {"Resources": [each], "Tags": LISTED})

    Ec2Tags(aws.client("ec2")).add(["cr-0a", "cr-0b"], TAGS)


def test_one_that_cannot_be_tagged_hides_no_other_and_is_told(stub: Stubber) -> None:
    stub.add_client_error("create_tags", "InvalidCapacityReservationId.NotFound", http_status_code=400)
    stub.add_response("create_tags", {}, {"Resources": ["cr-0b"], "Tags": LISTED})

    with pytest.raises(AwsError, match=r"InvalidCapacityReservationId\.NotFound"):
        Ec2Tags(aws.client("ec2")).add(["cr-0a", "cr-0b"], TAGS)


def test_without_tags_ec2_is_not_asked(stub: Stubber) -> None:
    Ec2Tags(aws.client("ec2")).add(["cr-0a"], {})


def test_without_reservations_ec2_is_not_asked(stub: Stubber) -> None:
    Ec2Tags(aws.client("ec2")).add([], TAGS)
