"""What EC2 tells on the event bus: the two Capacity Block events, the instance warning and CloudTrail's records."""

from collections.abc import Sequence
from datetime import datetime

from .holdings import Document, Holdings
from .reservation import Reservation

SOURCE = "aws.ec2"
# "EventBridge Events Reference" has the current names, older copies of "Monitor Capacity Blocks" have the former ones.
DELIVERED = ("Capacity Block Delivered", "Capacity Block Reservation Delivered")
EXPIRATION_WARNING = ("Capacity Block Expiration Warning", "Capacity Block Reservation Expiration Warning")
INTERRUPTION_WARNING = "EC2 Capacity Reservation Instance Interruption Warning"
# "AWS service events delivered via CloudTrail": how records reach the bus. That these do is assumed.
SERVICE_EVENT = "AWS Service Event via CloudTrail"
API_CALL = "AWS API Call via CloudTrail"


def timestamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(holdings: Holdings, names: tuple[str, str], reservation: Reservation) -> None:
    """Send a Capacity Block event under the names that are assumed to be in use ("Monitor Capacity Blocks")."""
    if reservation.end is None:
        return
    current, former = names
    in_use = [current] * holdings.assumptions.current_event_names + [former] * holdings.assumptions.former_event_names
    detail = {"capacity-reservation-id": reservation.reservation_id, "end-date": timestamp(reservation.end)}
    for name in in_use:
        holdings.emit(SOURCE, name, dict(detail), [reservation.arn])


def warn_instance(holdings: Holdings, reservation: Reservation, instance_id: str, at: datetime) -> None:
    """Warn of one termination ("Monitor Capacity Blocks", third sample)."""
    detail = {
        "instance-id": instance_id,
        "instance-action": "terminate",
        "instance-termination-time": timestamp(at),
        "availability-zone-id": reservation.availability_zone_id,
        "instance-lifecycle": "capacity-block",
    }
    holdings.emit(SOURCE, INTERRUPTION_WARNING, detail, [holdings.arn(f"instance/{instance_id}")])


def record_state(holdings: Holdings, name: str, reservation: Reservation) -> None:
    """Record a change of state ("Log Capacity Blocks API calls with AWS CloudTrail")."""
    details = {
        "capacityReservationId": reservation.reservation_id,
        "capacityReservationState": reservation.state.value,
    }
    resources = [_resource(holdings, "AWS::EC2::CapacityReservation", reservation.arn)]
    _record_service_event(holdings, name, details, resources)


def record_termination(holdings: Holdings, reservation: Reservation, instance_ids: Sequence[str]) -> None:
    """Record the reclaim: the page's heading has another plural, its JSON says TerminateCapacityBlockInstances."""
    arns = [holdings.arn(f"instance/{each}") for each in instance_ids]
    resources = [_resource(holdings, "AWS::EC2::Instance", arn) for arn in arns]
    details = {"capacityReservationId": reservation.reservation_id}
    _record_service_event(holdings, "TerminateCapacityBlockInstances", details, resources)


def record_call(holdings: Holdings, operation: str, request: Document, response: Document) -> None:
    """Record a purchase made by anybody. Assumed: EC2 nests both parts under the name of their shape."""
    record = {
        **_record(holdings, operation),
        "requestParameters": {f"{operation}Request": request},
        "responseElements": {f"{operation}Response": response},
        "readOnly": False,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
    }
    holdings.emit(SOURCE, API_CALL, record, [])


def _record_service_event(holdings: Holdings, name: str, details: Document, resources: list[Document]) -> None:
    record = {
        **_record(holdings, name),
        "requestParameters": None,
        "responseElements": None,
        "readOnly": False,
        "resources": resources,
        "eventType": "AwsServiceEvent",
        "serviceEventDetails": details,
    }
    holdings.emit(SOURCE, SERVICE_EVENT, record, [])


def _record(holdings: Holdings, name: str) -> Document:
    return {
        "eventVersion": "1.05",
        "userIdentity": {"accountId": holdings.account, "invokedBy": "AWS Internal;"},
        "eventTime": timestamp(holdings.clock.now()),
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": holdings.region,
        "eventID": f"{holdings.dice.events.getrandbits(128):032x}",
        "recipientAccountId": holdings.account,
    }


def _resource(holdings: Holdings, kind: str, arn: str) -> Document:
    return {"ARN": arn, "accountId": holdings.account, "type": kind}
