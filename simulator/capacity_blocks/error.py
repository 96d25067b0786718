"""Refusals, with EC2's own codes where "Error codes for the Amazon EC2 API" lists them, and assumed ones else."""


class CapacityBlockError(Exception):
    """EC2 refuses: `code` is what a client switches on, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def invalid_value(message: str) -> CapacityBlockError:
    return CapacityBlockError("InvalidParameterValue", message)


def missing(parameter: str) -> CapacityBlockError:
    return CapacityBlockError("MissingParameter", f"The request must contain the parameter {parameter}")


def bad_combination(message: str) -> CapacityBlockError:
    return CapacityBlockError("InvalidParameterCombination", message)


def reservation_malformed(reservation_id: str) -> CapacityBlockError:
    message = f"Invalid id: {reservation_id!r} (expecting 'cr-...')"
    return CapacityBlockError("InvalidCapacityReservationId.Malformed", message)


def reservation_not_found(reservation_id: str) -> CapacityBlockError:
    message = f"The capacity reservation '{reservation_id}' does not exist"
    return CapacityBlockError("InvalidCapacityReservationId.NotFound", message)


def block_not_found(block_id: str) -> CapacityBlockError:
    # Assumed: no page lists a code for it.
    return CapacityBlockError("InvalidCapacityBlockId.NotFound", f"The Capacity Block '{block_id}' does not exist")


def wrong_state(message: str) -> CapacityBlockError:
    # Assumed: no page says how EC2 words an extension of a block that is not active or scheduled.
    return CapacityBlockError("InvalidCapacityReservationState", message)


def not_active_yet(reservation_id: str) -> CapacityBlockError:
    message = f"The Capacity Block '{reservation_id}' is not active yet"
    return CapacityBlockError("InvalidCapacityReservationState.PendingActivation", message)


def unavailable(reservation_id: str) -> CapacityBlockError:
    # Karpenter treats this code as "this reservation is being reclaimed" for interruptible reservations
    # (karpenter-provider-aws, provider instance); assumed to be the answer for a block in its reclaim window too.
    message = f"The capacity reservation '{reservation_id}' is not available for launches"
    return CapacityBlockError("InvalidCapacityReservationState.Unavailable", message)


def capacity_exceeded() -> CapacityBlockError:
    # The wording was seen in scylladb/scylla-cluster-tests #8839; "compatible" covers a wrong type, zone or platform.
    message = "The requested reservation does not have sufficient compatible and available capacity for this request."
    return CapacityBlockError("ReservationCapacityExceeded", message)


def wrong_market_type() -> CapacityBlockError:
    # Seen in terraform-aws-modules/terraform-aws-ec2-instance #404, for a launch into a block without a market type.
    message = "The market type (purchasing) option is not valid. Choose a different market type and try again"
    return CapacityBlockError("InvalidParameterValue", message)


def not_permitted(message: str) -> CapacityBlockError:
    return CapacityBlockError("OperationNotPermitted", message)
