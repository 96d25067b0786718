"""The fake reservations and EC2's keep the same promises. EC2 is played by a Stubber: moto knows no Capacity Blocks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from capacity_blocks.adapters.ec2_reservations import GROUP_TAG, Ec2Reservations
from capacity_blocks.core.pool import Extension, Occupant
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.ports import Reservations
from tests import aws
from tests.factories import ACCOUNT, END, REGION, a_reservation
from tests.fakes import FakeReservations

Occupants = Mapping[str, tuple[Occupant, ...]]
Given = Callable[..., Reservations]  # of blocks, of occupants, and of extensions that are being paid

ALONE = Occupant(instance_id="i-1", group=None)
LAUNCHED = Occupant(instance_id="i-2", group="train")


@pytest.fixture(params=["fake", "ec2"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    """Return reservations that hold what a test gives."""
    if request.param == "fake":

        def fake(blocks: Sequence[Reservation], occupants: Occupants, paying: Sequence[Extension] = ()) -> Reservations:
            pending = {e.reservation_id: e for e in paying}
            reservations = FakeReservations(instances=dict(occupants), paying=pending)
            reservations.hold(*blocks)
            return reservations

        yield fake
        return
    client = aws.client("ec2")
    with Stubber(client) as stub:

        def ec2(blocks: Sequence[Reservation], occupants: Occupants, paying: Sequence[Extension] = ()) -> Reservations:
            if blocks:
                items = [_reservation_item(block) for block in blocks]
                stub.add_response(
                    "describe_capacity_reservations", {"CapacityReservations": items}, {"MaxResults": ANY}
                )
                ultraservers = [b.reservation_id for b in blocks if b.ultraserver]
                listed = {"UltraserverType": "trn2u.48xlarge", "CapacityReservationIds": ultraservers}
                stub.add_response("describe_capacity_blocks", {"CapacityBlocks": [listed]}, {"MaxResults": ANY})
            if occupants:
                instances = [_instance_item(i, each) for i, found in occupants.items() for each in found]
                stub.add_response(
                    "describe_instances",
                    {"Reservations": [{"Instances": instances}]},
                    {"Filters": ANY, "MaxResults": ANY},
                )
            if paying:
                stub.add_response(
                    "describe_capacity_block_extension_history",
                    {"CapacityBlockExtensions": [_extension_item(each) for each in paying]},
                    {"Filters": ANY, "MaxResults": ANY},
                )
            return Ec2Reservations(client, REGION, ACCOUNT)

        yield ec2
        stub.assert_no_pending_responses()


def _reservation_item(block: Reservation) -> dict[str, Any]:
    return {
        "CapacityReservationId": block.reservation_id,
        "OwnerId": ACCOUNT if block.owned else "210987654321",
        "ReservationType": "capacity-block",
        "InstanceType": block.instance_type,
        "InstancePlatform": block.platform,
        "Tenancy": block.tenancy,
        "TotalInstanceCount": block.instance_count,
        "AvailableInstanceCount": block.available_count,
        "State": block.state.value,
        "StartDate": block.start,
        "EndDate": block.end,
        "AvailabilityZone": block.availability_zone,
        "AvailabilityZoneId": block.availability_zone_id,
        "Tags": [{"Key": k, "Value": v} for k, v in block.tags.items()],
    }


def _instance_item(reservation_id: str, occupant: Occupant) -> dict[str, Any]:
    tags = [] if occupant.group is None else [{"Key": GROUP_TAG, "Value": occupant.group}]
    return {"InstanceId": occupant.instance_id, "CapacityReservationId": reservation_id, "Tags": tags}


def _extension_item(extension: Extension) -> dict[str, Any]:
    return {
        "CapacityReservationId": extension.reservation_id,
        "CapacityBlockExtensionStatus": "payment-pending",
        "CapacityBlockExtensionEndDate": extension.end,
    }


def test_every_block_is_returned_as_it_is(given: Given) -> None:
    blocks = [
        a_reservation(),
        a_reservation(reservation_id="cr-0b", owned=False, tags={}, platform="RHEL with HA", tenancy="dedicated"),
        a_reservation(reservation_id="cr-0c", ultraserver=True, state=ReservationState.ACTIVE, available_count=3),
    ]

    assert given(blocks, {}).capacity_blocks() == blocks


def test_each_reservation_asked_about_has_its_occupants(given: Given) -> None:
    occupants = {"cr-0a": (ALONE, LAUNCHED), "cr-0b": (replace(ALONE, instance_id="i-3"),)}

    assert given([], occupants).occupants(["cr-0a", "cr-0b", "cr-0c"]) == {**occupants, "cr-0c": ()}


def test_extensions_that_are_being_paid_are_returned_by_reservation(given: Given) -> None:
    paying = Extension(reservation_id="cr-0b", end=END)

    assert given([], {}, [paying]).pending_extensions(["cr-0a", "cr-0b"]) == {"cr-0b": paying}
