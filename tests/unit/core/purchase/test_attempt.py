"""What the answer to an attempt means: only a certain no is a no."""

from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.retries import standard

from capacity_blocks.core.purchase.attempt import DryRun, can_end, dry_run, is_certain_refusal
from tests.unit.core.purchase.shapes import NOW

REFUSALS = [
    "InvalidCapacityBlockOfferingIdExpired",
    "InvalidCapacityBlockOfferingIdNotFound",
    "InvalidCapacityBlockOfferingIdMalformed",
    "UnauthorizedOperation",
    "InvalidParameterValue",
    "InstanceLimitExceeded",
    "DryRunOperation",
]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_of_ec2_is_certain(code: str) -> None:
    assert is_certain_refusal(400, code)


UNSURE: dict[str, tuple[int, str]] = {
    "an internal error": (500, "InternalError"),
    "an unavailable service": (503, "Unavailable"),
    "a server error of any name": (500, "InvalidParameterValue"),
    "a throttle": (400, "RequestLimitExceeded"),
    "a time-out of EC2's": (400, "RequestTimeout"),
    "a status that says too fast": (429, "Whatever"),
    "a status that says too slow": (408, "Whatever"),
    "a refusal without a code": (400, ""),
    "a success": (200, "InvalidParameterValue"),
    "a redirect": (307, "Whatever"),
    "no status": (0, ""),
}


@pytest.mark.parametrize(("status", "code"), UNSURE.values(), ids=UNSURE.keys())
def test_anything_else_is_unsure(status: int, code: str) -> None:
    assert not is_certain_refusal(status, code)


def throttles() -> set[str]:
    """Return every code that botocore takes for a throttle or a passing trouble."""
    checkers: list[Any] = [standard.ThrottledRetryableChecker, standard.TransientRetryableChecker]
    found = {*checkers[0]._THROTTLED_ERROR_CODES, *checkers[1]._TRANSIENT_ERROR_CODES}
    retries = botocore.session.get_session().get_component("data_loader").load_data("_retry")
    for definition in retries["definitions"].values():
        response = definition["applies_when"].get("response", {})
        found |= {response["service_error_code"]} if "service_error_code" in response else set()
    return found


@pytest.mark.parametrize("code", sorted(throttles()))
def test_what_botocore_would_repeat_is_unsure(code: str) -> None:
    assert not is_certain_refusal(400, code)


@pytest.mark.parametrize(
    "code", [None, "UnauthorizedOperation", "RequestLimitExceeded", "dryrunoperation", ""], ids=str
)
def test_a_dry_run_that_does_not_say_that_it_would_work_stops(code: str | None) -> None:
    assert dry_run(code) is DryRun.STOP


def test_a_dry_run_that_would_work_goes_on() -> None:
    assert dry_run("DryRunOperation") is DryRun.PERMITTED


def test_a_call_that_would_outlast_its_function_is_not_begun() -> None:
    minute = timedelta(minutes=1)

    assert can_end(NOW, minute, NOW + minute + timedelta(microseconds=1))
    assert not can_end(NOW, minute, NOW + minute)
