from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.ssm_switches import SsmSwitches
from tests import aws

SPENDING, KILL_SWITCH = "/capacity-blocks/spending", "/capacity-blocks/kill-switch"


@pytest.fixture
def switches() -> Iterator[SsmSwitches]:
    with aws.moto():
        yield SsmSwitches(aws.client("ssm"), spending_parameter=SPENDING, kill_switch_parameter=KILL_SWITCH)


def throw(parameter: str, value: str) -> None:
    aws.client("ssm").put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)


@pytest.mark.parametrize("value", ["On", "true", "yes", " on", "on\n", "released", "1"])
def test_any_other_word_is_no_position(switches: SsmSwitches, value: str) -> None:
    throw(SPENDING, value)
    throw(KILL_SWITCH, "on")

    assert switches.spending() is None
    assert switches.killed() is None


def test_a_switch_counts_from_the_moment_it_is_thrown(switches: SsmSwitches) -> None:
    throw(SPENDING, "on")
    throw(KILL_SWITCH, "released")
    assert (switches.spending(), switches.killed()) == (True, False)

    throw(SPENDING, "off")
    throw(KILL_SWITCH, "pulled")
    assert (switches.spending(), switches.killed()) == (False, True)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InternalServerError"])
def test_a_switch_that_cannot_be_read_has_no_position(code: str) -> None:
    client = aws.client("ssm")
    switches = SsmSwitches(client, spending_parameter=SPENDING, kill_switch_parameter=KILL_SWITCH)
    with Stubber(client) as stub:
        for parameter in (SPENDING, KILL_SWITCH):
            stub.add_client_error("get_parameter", code, expected_params={"Name": parameter})

        assert switches.spending() is None
        assert switches.killed() is None
