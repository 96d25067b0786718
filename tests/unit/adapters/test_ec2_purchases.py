from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber

from capacity_blocks.adapters.ec2_purchases import Ec2Purchases
from capacity_blocks.core.purchase.attempt import UNSURE
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.ports import AwsError
from tests import aws
from tests.unit.adapters.stub import asks_once
from tests.unit.core.purchase.shapes import an_offering

TAGS = {"capacity-blocks:intent": "may-training-1-0a", "Name": "training"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]
TERMS = Terms(offering=an_offering(), pool="training", platform="Linux/UNIX")
ULTRASERVERS = Terms(
    offering=an_offering(ultraserver_type="u-p6e-gb200x72", ultraserver_count=2), pool="training", platform="Linux/UNIX"
)
ASKED: dict[str, Any] = {
    "CapacityBlockOfferingId": "cb-0a",
    "InstancePlatform": "Linux/UNIX",
    "TagSpecifications": [{"ResourceType": "capacity-reservation", "Tags": LISTED}],
    "DryRun": False,
}
DRY = {**ASKED, "DryRun": True}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(asks_once()) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def purchases() -> Ec2Purchases:
    return Ec2Purchases(asks_once())


def refusal(purchases: Ec2Purchases, terms: Terms = TERMS) -> AwsError:
    with pytest.raises(AwsError) as caught:
        purchases.purchase(terms, TAGS)
    return caught.value


def test_a_client_that_would_ask_again_is_refused() -> None:
    with pytest.raises(ValueError, match="its client tries several times, and each may buy"):
        Ec2Purchases(aws.client("ec2"))


def test_what_is_bought_is_tagged_as_it_is_made(stub: Stubber, purchases: Ec2Purchases) -> None:
    stub.add_response("purchase_capacity_block", {"CapacityReservation": {"CapacityReservationId": "cr-0a"}}, ASKED)

    assert purchases.purchase(TERMS, TAGS) == ("cr-0a",)


def test_of_ultraservers_the_blocks_are_tagged_too(stub: Stubber, purchases: Ec2Purchases) -> None:
    specifications = [*ASKED["TagSpecifications"], {"ResourceType": "capacity-block", "Tags": LISTED}]
    reply = {"CapacityReservations": [{"CapacityReservationId": "cr-0a"}]}
    stub.add_response("purchase_capacity_block", reply, {**ASKED, "TagSpecifications": specifications})

    assert purchases.purchase(ULTRASERVERS, TAGS) == ("cr-0a",)


@pytest.mark.parametrize(
    ("reply", "ids"),
    [
        ({"CapacityReservation": {"CapacityReservationId": "cr-0a"}}, ("cr-0a",)),
        (
            {"CapacityReservations": [{"CapacityReservationId": "cr-0b"}, {"CapacityReservationId": "cr-0a"}]},
            ("cr-0b", "cr-0a"),
        ),
        (
            {
                "CapacityReservation": {"CapacityReservationId": "cr-0a"},
                "CapacityReservations": [{"CapacityReservationId": "cr-0a"}, {"CapacityReservationId": "cr-0b"}],
                "CapacityBlocks": [
                    {"CapacityReservationIds": ["cr-0b", "cr-0c"]},
                    {"CapacityBlockId": "cb-1"},
                    {"CapacityReservationIds": ["cr-0d"]},
                ],
            },
            ("cr-0a", "cr-0b", "cr-0c", "cr-0d"),
        ),
    ],
)
def test_every_reservation_in_the_reply_is_kept_once(
    stub: Stubber, purchases: Ec2Purchases, reply: dict[str, Any], ids: tuple[str, ...]
) -> None:
    stub.add_response("purchase_capacity_block", reply, ASKED)

    assert purchases.purchase(TERMS, TAGS) == ids


@pytest.mark.parametrize("reply", [{}, {"CapacityReservation": {}}, {"CapacityBlocks": []}])
def test_a_yes_that_names_no_reservation_is_not_a_no(
    stub: Stubber, purchases: Ec2Purchases, reply: dict[str, Any]
) -> None:
    stub.add_response("purchase_capacity_block", reply, ASKED)

    error = refusal(purchases)

    assert (error.code, error.definite) == ("NoReservation", False)


@pytest.mark.parametrize(
    ("code", "status", "definite"),
    [
        ("InvalidCapacityBlockOfferingIdExpired", 400, True),
        ("UnauthorizedOperation", 403, True),
        ("InstanceLimitExceeded", 400, True),
        ("InternalError", 500, False),
        ("Unavailable", 503, False),
        ("RequestTimeTooSkewed", 408, False),
        ("", 400, False),
        *((code, 400, False) for code in sorted(UNSURE)),
    ],
)
def test_only_a_certain_no_is_definite(
    stub: Stubber, purchases: Ec2Purchases, code: str, status: int, definite: bool
) -> None:
    stub.add_client_error("purchase_capacity_block", code, "told so", http_status_code=status)

    error = refusal(purchases)

    assert (error.operation, error.code, error.definite) == ("PurchaseCapacityBlock", code, definite)


def test_a_no_after_a_retry_is_not_definite(stub: Stubber, purchases: Ec2Purchases) -> None:
    stub.add_client_error(
        "purchase_capacity_block",
        "InvalidCapacityBlockOfferingIdExpired",
        http_status_code=400,
        response_meta={"RetryAttempts": 1},
    )

    assert not refusal(purchases).definite


def test_what_the_sdk_refuses_to_send_was_not_bought(purchases: Ec2Purchases) -> None:
    nameless: Any = Terms(offering=an_offering(offering_id=7), pool="training", platform="Linux/UNIX")  # type: ignore[arg-type]  # no string

    error = refusal(purchases, nameless)

    assert (error.code, error.definite) == ("ParamValidationError", True)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
        ("UnauthorizedOperation", "You are not authorized to perform this operation."),
    ],
)
def test_a_dry_run_returns_what_ec2_says(stub: Stubber, purchases: Ec2Purchases, code: str, message: str) -> None:
    stub.add_client_error("purchase_capacity_block", code, message, http_status_code=412, expected_params=DRY)

    assert purchases.dry_run(TERMS, TAGS) == (code, message)


def test_a_dry_run_that_is_answered_with_a_purchase_says_what_it_bought(stub: Stubber, purchases: Ec2Purchases) -> None:
    stub.add_response("purchase_capacity_block", {"CapacityReservation": {"CapacityReservationId": "cr-0a"}}, DRY)

    assert purchases.dry_run(TERMS, TAGS) == (None, "EC2 answered a dry run with a purchase of cr-0a")


@dataclass
class Wire:
    """What lies between the SDK and EC2: each request that is sent gets `reply`."""

    reply: AWSResponse | Exception | None = None
    sent: list[Any] = field(default_factory=list)

    def answers(self, status: int, body: str) -> None:
        class Raw:
            def stream(self) -> Iterator[bytes]:
                yield body.encode()

        self.reply = AWSResponse("https://ec2", status, HTTPHeaders(), Raw())

    def __call__(self, request: Any, **_event: Any) -> AWSResponse | None:
        self.sent.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire, events = Wire(), asks_once().meta.events
    events.register("before-send.ec2.PurchaseCapacityBlock", wire)
    yield wire
    events.unregister("before-send.ec2.PurchaseCapacityBlock", wire)


URL = "https://ec2.us-east-2.amazonaws.com/"
LOST = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    NoCredentialsError(),
    OSError("reset by peer"),
]
REPLY = "<PurchaseCapacityBlockResponse>{}</PurchaseCapacityBlockResponse>"
ERROR = "<Response><Errors><Error><Code>{}</Code><Message>told so</Message></Error></Errors></Response>"


@pytest.mark.parametrize("error", LOST, ids=lambda each: type(each).__name__)
def test_a_reply_that_does_not_come_is_asked_for_once_and_is_not_a_no(
    wire: Wire, purchases: Ec2Purchases, error: Exception
) -> None:
    wire.reply = error

    assert not refusal(purchases).definite
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<PurchaseCapacityBlockResponse><capacityReser"),
        (200, REPLY.format("<capacityReservation><startDate>soon</startDate></capacityReservation>")),
        (200, ""),
        (403, "<html><body>Forbidden by a proxy</body></html>"),
        (400, ""),
        (500, ""),
        (502, "<html><body>Bad gateway</body></html>"),
        (503, ERROR.format("RequestLimitExceeded")),
        (500, ERROR.format("InternalError")),
    ],
)
def test_a_reply_that_cannot_be_read_or_blames_ec2_is_asked_for_once_and_is_not_a_no(
    wire: Wire, purchases: Ec2Purchases, status: int, body: str
) -> None:
    wire.answers(status, body)

    assert not refusal(purchases).definite
    assert len(wire.sent) == 1


def test_a_no_on_the_wire_is_a_no(wire: Wire, purchases: Ec2Purchases) -> None:
    wire.answers(400, ERROR.format("InvalidCapacityBlockOfferingIdExpired"))

    assert refusal(purchases).definite


def test_a_yes_on_the_wire_is_a_yes(wire: Wire, purchases: Ec2Purchases) -> None:
    reservation = "<capacityReservationId>cr-0a</capacityReservationId>"
    wire.answers(200, REPLY.format(f"<capacityReservation>{reservation}</capacityReservation>"))

    assert purchases.purchase(TERMS, TAGS) == ("cr-0a",)


def test_a_dry_run_whose_answer_cannot_be_read_has_no_code(wire: Wire, purchases: Ec2Purchases) -> None:
    wire.answers(200, REPLY.format("<capacityReservation><startDate>soon</startDate></capacityReservation>"))

    assert purchases.dry_run(TERMS, TAGS)[0] is None


@pytest.mark.parametrize("error", LOST[:4], ids=lambda each: type(each).__name__)
def test_a_dry_run_without_an_answer_has_no_code(wire: Wire, purchases: Ec2Purchases, error: Exception) -> None:
    wire.reply = error

    code, words = purchases.dry_run(TERMS, TAGS)

    assert code is None
    assert words.startswith(type(error).__name__)
