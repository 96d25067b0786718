"""The fake switches and those in SSM keep the same promises."""

from collections.abc import Callable, Iterator

import pytest

from capacity_blocks.adapters.ssm_switches import SsmSwitches
from capacity_blocks.purchase_ports import Switches
from tests import aws
from tests.fakes import FakeSwitches

SPENDING, KILL_SWITCH = "/capacity-blocks/spending", "/capacity-blocks/kill-switch"
Given = Callable[[bool | None, bool | None], Switches]


@pytest.fixture(params=["fake", "ssm"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    """Return switches in the positions that a test gives, absent for None."""
    if request.param == "fake":
        yield lambda on, pulled: FakeSwitches(on=on, pulled=pulled)
        return
    with aws.moto():
        client = aws.client("ssm")

        def thrown(on: bool | None, pulled: bool | None) -> Switches:
            if on is not None:
                client.put_parameter(Name=SPENDING, Value="on" if on else "off", Type="String")
            if pulled is not None:
                client.put_parameter(Name=KILL_SWITCH, Value="pulled" if pulled else "released", Type="String")
            return SsmSwitches(client, spending_parameter=SPENDING, kill_switch_parameter=KILL_SWITCH)

        yield thrown


@pytest.mark.parametrize("position", [True, False, None])
def test_each_switch_is_read_as_it_stands(given: Given, position: bool | None) -> None:
    assert given(position, None).spending() is position
    assert given(None, position).killed() is position
