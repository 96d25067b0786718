from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_subnets import Ec2Subnets
from capacity_blocks.core.target import Subnet
from tests import aws


@pytest.fixture
def two_zones() -> Iterator[tuple[str, str]]:
    with aws.moto():
        client = aws.client("ec2")
        vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = [
            client.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-2{zone}")
            for n, zone in enumerate("ab")
        ]
        yield made[0]["Subnet"]["SubnetId"], made[1]["Subnet"]["SubnetId"]


def test_a_subnet_is_read_with_its_zone(two_zones: tuple[str, str]) -> None:
    a, _ = two_zones

    assert Ec2Subnets(aws.client("ec2")).subnets([a]) == [
        Subnet(subnet_id=a, availability_zone="us-east-2a", availability_zone_id="use2-az1")
    ]


def test_a_subnet_that_does_not_exist_hides_no_other(two_zones: tuple[str, str]) -> None:
    a, b = two_zones

    found = Ec2Subnets(aws.client("ec2")).subnets([a, "subnet-0123456789abcdef0", b])

    assert {s.subnet_id for s in found} == {a, b}


def test_no_ids_are_no_subnets_and_ec2_is_not_asked_for_all() -> None:
    client = aws.client("ec2")
    with Stubber(client):  # it has no answer, and would say so
        assert Ec2Subnets(client).subnets([]) == []
