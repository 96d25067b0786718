"""The fake quotas and those of Service Quotas keep the same promises."""

from collections.abc import Callable, Iterator

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.service_quotas import ServiceQuotas
from capacity_blocks.ports import AwsError
from capacity_blocks.purchase_ports import Quota, Quotas
from tests import aws
from tests.fakes import FakeQuotas, refused

P5 = Quota(name="Concurrent P5 Capacity Blocks per account", code="L-DA6814F2", value=64)
Given = Callable[[Quota | AwsError | None], Quotas]


@pytest.fixture(params=["fake", "service quotas"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    """Return quotas that say of p5.48xlarge what a test gives; None is nothing."""
    if request.param == "fake":

        def fake(answer: Quota | AwsError | None) -> Quotas:
            if isinstance(answer, AwsError):
                return FakeQuotas(errors={"quota": answer})
            return FakeQuotas(held={} if answer is None else {"p5.48xlarge": answer})

        yield fake
        return
    client = aws.client("service-quotas")
    with Stubber(client) as stub:

        def service_quotas(answer: Quota | AwsError | None) -> Quotas:
            if isinstance(answer, AwsError):
                stub.add_client_error("get_service_quota", answer.code, http_status_code=403)
            elif answer is None:
                stub.add_client_error("get_service_quota", "NoSuchResourceException", http_status_code=400)
            else:
                stub.add_response(
                    "get_service_quota", {"Quota": {"QuotaName": answer.name, "Value": float(answer.value)}}
                )
            return ServiceQuotas(client)

        yield service_quotas
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("quota", [P5, None], ids=["applied", "not known"])
def test_a_quota_is_what_was_applied(given: Given, quota: Quota | None) -> None:
    assert given(quota).quota("p5.48xlarge") == quota


def test_a_quota_that_could_not_be_read_raises(given: Given) -> None:
    with pytest.raises(AwsError, match="AccessDeniedException") as caught:
        given(refused("GetServiceQuota", "AccessDeniedException")).quota("p5.48xlarge")

    assert caught.value.definite
