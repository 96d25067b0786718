from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_extension_history import Ec2ExtensionHistory
from capacity_blocks.core.extension.history import ExtensionStatus
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import at
from tests.unit.adapters.extension_items import BOUGHT, RECORD, without
from tests.unit.adapters.stub import add_pages

METHOD, MEMBER = "describe_capacity_block_extension_history", "CapacityBlockExtensions"


def asked(*ids: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "capacity-reservation-id", "Values": list(ids)}], "MaxResults": 1000}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("ec2")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def history() -> Ec2ExtensionHistory:
    return Ec2ExtensionHistory(aws.client("ec2"))


def test_every_reservation_has_an_entry(stub: Stubber, history: Ec2ExtensionHistory) -> None:
    add_pages(stub, METHOD, MEMBER, [[BOUGHT]], asked("cr-0a", "cr-0b"))

    assert history.records(["cr-0a", "cr-0b"]) == {"cr-0a": (RECORD,), "cr-0b": ()}


def test_of_nothing_nobody_asks(stub: Stubber, history: Ec2ExtensionHistory) -> None:
    assert history.records([]) == {}


def test_records_of_all_pages_come_oldest_first(stub: Stubber, history: Ec2ExtensionHistory) -> None:
    earlier = {
        **BOUGHT,
        "CapacityBlockExtensionOfferingId": "cbe-09",
        "CapacityBlockExtensionStatus": "payment-failed",
        "CapacityBlockExtensionPurchaseDate": at("2026-03-01T09:00"),
    }
    add_pages(stub, METHOD, MEMBER, [[BOUGHT], [earlier]], asked("cr-0a"))

    before = replace(
        RECORD,
        offering_id="cbe-09",
        status=ExtensionStatus.PAYMENT_FAILED,
        purchased_at=at("2026-03-01T09:00"),
    )
    assert history.records(["cr-0a"]) == {"cr-0a": (before, RECORD)}


def test_no_more_ids_are_asked_for_than_a_filter_takes(stub: Stubber, history: Ec2ExtensionHistory) -> None:
    ids = [f"cr-{number:03}" for number in range(201)]
    add_pages(stub, METHOD, MEMBER, [[]], asked(*ids[:200]))
    add_pages(stub, METHOD, MEMBER, [[]], asked(ids[200]))

    assert history.records(ids) == dict.fromkeys(ids, ())


def test_a_status_that_is_new_may_mean_that_it_is_paid(stub: Stubber, history: Ec2ExtensionHistory) -> None:
    add_pages(stub, METHOD, MEMBER, [[{**BOUGHT, "CapacityBlockExtensionStatus": "in-review"}]], asked("cr-0a"))

    (record,) = history.records(["cr-0a"])["cr-0a"]

    assert (record.status, record.may_be_paid) == (ExtensionStatus.UNRECOGNISED, True)


@pytest.mark.parametrize(
    "name",
    [
        "CapacityReservationId",
        "CapacityBlockExtensionOfferingId",
        "CapacityBlockExtensionStatus",
        "CapacityBlockExtensionPurchaseDate",
        "CapacityBlockExtensionStartDate",
        "CapacityBlockExtensionEndDate",
    ],
)
def test_a_record_that_cannot_be_read_is_no_missing_one(stub: Stubber, history: Ec2ExtensionHistory, name: str) -> None:
    add_pages(stub, METHOD, MEMBER, [[BOUGHT, without(BOUGHT, name)]], asked("cr-0a"))

    with pytest.raises(AwsError, match=f"EC2 gives no {name}"):
        history.records(["cr-0a"])


def test_a_failed_call_is_no_empty_history(stub: Stubber, history: Ec2ExtensionHistory) -> None:
    stub.add_client_error(METHOD, "UnauthorizedOperation", "no", http_status_code=403, expected_params=asked("cr-0a"))

    with pytest.raises(AwsError, match="UnauthorizedOperation"):
        history.records(["cr-0a"])
