from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.service_quotas import QUOTA_CODES, ServiceQuotas
from capacity_blocks.core.purchase.accelerator import PER_INSTANCE
from capacity_blocks.ports import AwsError
from capacity_blocks.purchase_ports import Quota
from tests import aws

NAME = "Concurrent P5 Capacity Blocks per account"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(aws.client("service-quotas")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def quotas() -> ServiceQuotas:
    return ServiceQuotas(aws.client("service-quotas"))


def answers(stub: Stubber, quota: dict[str, Any], code: str = "L-DA6814F2") -> None:
    stub.add_response("get_service_quota", {"Quota": quota}, {"ServiceCode": "ec2", "QuotaCode": code})


@pytest.mark.parametrize("instance_type", ["p5.48xlarge", "p5.4xlarge"])
def test_all_types_of_a_family_share_its_quota(stub: Stubber, quotas: ServiceQuotas, instance_type: str) -> None:
    answers(stub, {"QuotaName": NAME, "Value": 64.0})

    assert quotas.quota(instance_type) == Quota(name=NAME, code="L-DA6814F2", value=64)


@pytest.mark.parametrize(
    ("instance_type", "code"),
    [("p5e.48xlarge", "L-C45F30BC"), ("p6-b200.48xlarge", "L-8B23CEF3"), ("trn2.3xlarge", "L-64569A79")],
)
def test_a_family_is_told_from_one_whose_name_it_begins_with(
    stub: Stubber, quotas: ServiceQuotas, instance_type: str, code: str
) -> None:
    answers(stub, {"QuotaName": "its own", "Value": 0.0}, code)

    assert quotas.quota(instance_type) == Quota(name="its own", code=code, value=0)


@pytest.mark.parametrize("instance_type", ["u-p6e-gb200x72", "trn2u.48xlarge", "m5.large", ""])
def test_of_other_families_no_quota_is_known_and_nobody_is_asked(
    stub: Stubber, quotas: ServiceQuotas, instance_type: str
) -> None:
    assert quotas.quota(instance_type) is None


def test_a_quota_that_was_never_applied_is_not_known(stub: Stubber, quotas: ServiceQuotas) -> None:
    stub.add_client_error("get_service_quota", "NoSuchResourceException", http_status_code=400)

    assert quotas.quota("p5.48xlarge") is None


def test_a_quota_that_could_not_be_read_is_not_one_that_is_not_known(stub: Stubber, quotas: ServiceQuotas) -> None:
    stub.add_client_error("get_service_quota", "AccessDeniedException", http_status_code=403)

    with pytest.raises(AwsError, match="AccessDeniedException"):
        quotas.quota("p5.48xlarge")


def test_a_quota_without_a_value_says_why(stub: Stubber, quotas: ServiceQuotas) -> None:
    answers(stub, {"QuotaName": NAME, "ErrorReason": {"ErrorMessage": "not entitled"}})

    with pytest.raises(AwsError, match="NoValue: L-DA6814F2: not entitled"):
        quotas.quota("p5.48xlarge")


def test_every_family_that_is_known_by_its_accelerators_has_a_quota_but_one() -> None:
    families = {each.partition(".")[0] for each in PER_INSTANCE}

    assert families - set(QUOTA_CODES) == {"trn2u"}  # no page lists one
    assert set(QUOTA_CODES) <= families
