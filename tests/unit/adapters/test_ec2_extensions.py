from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_extensions import Ec2Extensions
from capacity_blocks.core.purchase.attempt import UNSURE
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.ports import AwsError
from tests import aws
from tests.unit.adapters.extension_items import BOUGHT, OFFERING, RECORD, without
from tests.unit.adapters.stub import asks_once
from tests.unit.core.purchase.shapes import an_offering

TERMS = Terms(offering=OFFERING, pool="training", platform="Linux/UNIX")
METHOD = "purchase_capacity_block_extension"
ASKED: dict[str, Any] = {
    "CapacityBlockExtensionOfferingId": "cbe-0a",
    "CapacityReservationId": "cr-0a",
    "DryRun": False,
}
DRY = {**ASKED, "DryRun": True}
URL = "https://ec2.us-east-2.amazonaws.com/"
BEFORE_SEND = "before-send.ec2.PurchaseCapacityBlockExtension"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(asks_once()) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def extensions() -> Ec2Extensions:
    return Ec2Extensions(asks_once())


def refusal(extensions: Ec2Extensions) -> AwsError:
    with pytest.raises(AwsError) as caught:
        extensions.purchase(TERMS)
    return caught.value


def test_a_client_that_would_ask_again_is_refused() -> None:
    with pytest.raises(ValueError, match=r"PurchaseCapacityBlockExtension: its client tries several times"):
        Ec2Extensions(aws.client("ec2"))


def test_what_was_sold_is_returned(stub: Stubber, extensions: Ec2Extensions) -> None:
    stub.add_response(METHOD, {"CapacityBlockExtensions": [BOUGHT]}, ASKED)

    assert extensions.purchase(TERMS) == RECORD


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"CapacityBlockExtensions": []},
        {"CapacityBlockExtensions": [{**BOUGHT, "CapacityReservationId": "cr-0b"}]},
        {"CapacityBlockExtensions": [BOUGHT, BOUGHT]},
        {"CapacityBlockExtensions": [without(BOUGHT, "CapacityBlockExtensionEndDate")]},
    ],
)
def test_a_yes_that_is_not_clear_is_not_a_no(stub: Stubber, extensions: Ec2Extensions, reply: dict[str, Any]) -> None:
    stub.add_response(METHOD, reply, ASKED)

    assert not refusal(extensions).definite


@pytest.mark.parametrize(
    ("code", "status", "definite"),
    [
        ("InvalidCapacityBlockExtensionOfferingIdExpired", 400, True),
        ("UnauthorizedOperation", 403, True),
        ("InternalError", 500, False),
        ("Unavailable", 503, False),
        ("", 400, False),
        *((code, 400, False) for code in sorted(UNSURE)),
    ],
)
def test_only_a_certain_no_is_definite(
    stub: Stubber, extensions: Ec2Extensions, code: str, status: int, definite: bool
) -> None:
    stub.add_client_error(METHOD, code, "told so", http_status_code=status)

    error = refusal(extensions)

    assert (error.operation, error.code, error.definite) == ("PurchaseCapacityBlockExtension", code, definite)


@pytest.mark.parametrize(
    "lost",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        OSError("reset by peer"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_reply_that_does_not_come_is_asked_for_once_and_is_not_a_no(
    extensions: Ec2Extensions, lost: Exception
) -> None:
    sent: list[Any] = []

    def lose(request: Any, **_event: Any) -> None:
        sent.append(request)
        raise lost

    events = asks_once().meta.events
    events.register(BEFORE_SEND, lose)
    try:
        assert not refusal(extensions).definite
    finally:
        events.unregister(BEFORE_SEND, lose)

    assert len(sent) == 1


@pytest.mark.parametrize("code", ["DryRunOperation", "UnauthorizedOperation", "IncorrectState"])
def test_a_dry_run_returns_what_ec2_says(stub: Stubber, extensions: Ec2Extensions, code: str) -> None:
    stub.add_client_error(METHOD, code, "told so", http_status_code=412, expected_params=DRY)

    assert extensions.dry_run(TERMS) == (code, "told so")


def test_a_dry_run_that_is_answered_with_an_extension_has_no_code(stub: Stubber, extensions: Ec2Extensions) -> None:
    stub.add_response(METHOD, {"CapacityBlockExtensions": [BOUGHT]}, DRY)

    assert extensions.dry_run(TERMS) == (None, "EC2 answered a dry run with an extension")


def test_terms_that_extend_nothing_are_not_sent(stub: Stubber, extensions: Ec2Extensions) -> None:
    block = Terms(offering=an_offering(), pool="training", platform="Linux/UNIX")

    assert extensions.dry_run(block) == (None, "ValueError: cb-0a: it extends no reservation")
    with pytest.raises(AwsError) as caught:
        extensions.purchase(block)
    assert not caught.value.definite
