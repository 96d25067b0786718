"""Failures of AWS, on demand."""

from collections.abc import Mapping

from capacity_blocks.ports import AwsError

Errors = dict[str, AwsError]  # by the name of the method that raises it, from now on until it is taken out


def refused(operation: str = "AnyCall", code: str = "AccessDenied") -> AwsError:
    """Return an error after which it is sure that nothing was done."""
    return AwsError(operation, code, "not allowed", definite=True)


def unclear(operation: str = "AnyCall", code: str = "ReadTimeoutError") -> AwsError:
    """Return an error after which the call may have been carried out."""
    return AwsError(operation, code, "no answer came", definite=False)


def perhaps_raise(errors: Mapping[str, AwsError], method: str) -> None:
    if method in errors:
        raise errors[method]
