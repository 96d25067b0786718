"""Service Quotas shows what the engine applies."""

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

P5 = "L-DA6814F2"
P5_OF_ORGANIZATION = "L-8131B2C6"
SEARCH = {"InstanceType": "p5.48xlarge", "InstanceCount": 1, "CapacityDurationHours": 24}


def value(world: World, code: str, region: str | None = None) -> float:
    quotas = world.client("service-quotas", region)
    found: float = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]
    return found


def test_a_quota_is_shown_and_applied_in_its_region_alone() -> None:
    with World(None, regions=("us-east-2", "us-west-2")) as world:
        assert value(world, P5) == 256
        world.regions["us-east-2"].engine.quotas["p5"] = 0
        assert (value(world, P5), value(world, P5, "us-west-2"), value(world, P5_OF_ORGANIZATION)) == (0, 256, 0)
        with pytest.raises(ClientError, match="CapacityBlockDescribeLimitExceeded"):
            world.client("ec2").describe_capacity_block_offerings(**SEARCH)
        found = world.client("ec2", "us-west-2").describe_capacity_block_offerings(**SEARCH)
        assert found["CapacityBlockOfferings"]


def test_all_quotas_are_listed_in_pages() -> None:
    with World(None) as world:
        client = world.client("service-quotas")
        pages = list(client.get_paginator("list_service_quotas").paginate(ServiceCode="ec2", MaxResults=5))
        names = [quota["QuotaName"] for page in pages for quota in page["Quotas"]]
    assert [len(page["Quotas"]) for page in pages] == [5, 5, 5, 1]
    assert "Concurrent P5en Capacity Blocks per account" in names
    assert "Concurrent P6-B200 Capacity Blocks per account" in names


@pytest.mark.parametrize(("service", "code"), [("ec2", "L-00000000"), ("nothing", P5)])
def test_an_unknown_quota_is_not_found(service: str, code: str) -> None:
    with World(None) as world, pytest.raises(ClientError, match="NoSuchResourceException"):
        world.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
