"""A purchase by a function whose SDK does not try again: what it hears, and what was bought all the same."""

from datetime import timedelta
from typing import Any

import pytest

from simulator.faults import Fault, Faults, Strike
from simulator.invocation import HandlerError
from simulator.world import World
from tests.simulator.stage import deployed

PURCHASE = "ec2.PurchaseCapacityBlock"
SEARCH = {"InstanceType": "p5.48xlarge", "InstanceCount": 2, "CapacityDurationHours": 24}


def purchase(world: World, **more: Any) -> Any:
    """Search as a person does, and let the function buy what was found first."""
    found = world.client("ec2").describe_capacity_block_offerings(**SEARCH)["CapacityBlockOfferings"][0]
    asked = {"CapacityBlockOfferingId": found["CapacityBlockOfferingId"], "InstancePlatform": "Linux/UNIX", **more}
    event = {"do": "api", "service": "ec2", "method": "purchase_capacity_block", "with": asked, "retries": False}
    return world.invoke("ProbeFunction", event | {"read_timeout": 20})


def bought(world: World) -> int:
    return len(world.regions["us-east-2"].engine.sales)


@pytest.mark.parametrize(
    ("fault", "heard", "sales"),
    [
        (Fault.NOT_SENT, "EndpointConnectionError", 0),
        (Fault.THROTTLE, "RequestLimitExceeded", 0),
        (Fault.SERVER_ERROR_BEFORE, "InternalError", 0),
        (Fault.SERVER_ERROR_AFTER, "InternalError", 1),
        (Fault.REPLY_LOST, "Connection was closed", 1),
        (Fault.REPLY_LATE, "Read timeout", 1),
        (Fault.CRASH_BEFORE, "killed", 0),
        (Fault.CRASH_AFTER, "killed", 1),
    ],
)
def test_what_is_heard_says_little_of_what_was_bought(fault: Fault, heard: str, sales: int) -> None:
    strike = Strike(fault=fault, at=PURCHASE, mutating=True, lasts=timedelta(seconds=40))
    with deployed(faults=Faults(strike)) as world:
        with pytest.raises(HandlerError, match=heard):
            purchase(world)
        assert bought(world) == sales


def test_a_dry_run_says_so_and_buys_nothing() -> None:
    with deployed() as world:
        with pytest.raises(HandlerError, match="DryRunOperation"):
            purchase(world, DryRun=True)
        assert bought(world) == 0


def test_a_permission_may_be_missing_and_a_dry_run_tells_it() -> None:
    with deployed(faults=Faults(Strike(fault=Fault.DENIED, at=PURCHASE, nth=None))) as world:
        for dry_run in (True, False):
            with pytest.raises(HandlerError, match="UnauthorizedOperation"):
                purchase(world, DryRun=dry_run)
        assert bought(world) == 0


def test_each_ultraserver_comes_back_as_a_block_of_its_own() -> None:
    with deployed() as world:
        client = world.client("ec2")
        search = {"UltraserverType": "u-trn2x64", "UltraserverCount": 2, "CapacityDurationHours": 24}
        offering = client.describe_capacity_block_offerings(**search)["CapacityBlockOfferings"][0]
        asked = {"CapacityBlockOfferingId": offering["CapacityBlockOfferingId"], "InstancePlatform": "Linux/UNIX"}
        answer = client.purchase_capacity_block(**asked)
    assert (len(answer["CapacityBlocks"]), len(answer["CapacityReservations"])) == (2, 2)
