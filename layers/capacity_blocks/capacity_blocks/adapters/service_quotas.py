"""How many instances of a family Service Quotas lets the account hold in Capacity Blocks."""

from typing import Any

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, raises_aws_error
from capacity_blocks.ports import AwsError
from capacity_blocks.purchase_ports import Quota

# "Concurrent <family> Capacity Blocks per account", by the family in an instance type's name. Each has a twin for the
# organization, which was seen to stay at 0 while purchases went through.
# https://docs.aws.amazon.com/general/latest/gr/ec2-service.html
QUOTA_CODES = {
    "p4d": "L-2C8F52B3",
    "p4de": "L-CFF3E941",
    "p5": "L-DA6814F2",
    "p5e": "L-C45F30BC",
    "p5en": "L-4F9BB70B",
    "p6-b200": "L-8B23CEF3",
    "p6-b300": "L-9C38E5AB",
    "p6e-gb200": "L-FCF0179E",
    "trn1": "L-2E30FD7D",
    "trn2": "L-64569A79",
}
NO_VALUE = "NoSuchResourceException"


class ServiceQuotas:
    """The quotas of the client's region."""

    PERMISSIONS = frozenset({"servicequotas:GetServiceQuota"})
    # IAM names dependent actions for the quotas of eight other services; EC2's are not among them.
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: Any) -> None:  # types-boto3 has its types in a package that nothing else here needs
        self._client = client

    @raises_aws_error
    def quota(self, instance_type: str) -> Quota | None:
        """Return the quota as it was applied. The default is not asked for: it is 0, and many may buy all the same."""
        quota_code = QUOTA_CODES.get(instance_type.partition(".")[0])
        if quota_code is None:
            return None
        try:
            found = self._client.get_service_quota(ServiceCode="ec2", QuotaCode=quota_code)["Quota"]
        except ClientError as error:
            if code(error) == NO_VALUE:
                return None
            raise
        if "Value" not in found:
            words = found.get("ErrorReason", {}).get("ErrorMessage", "Service Quotas named no value")
            raise AwsError("GetServiceQuota", "NoValue", f"{quota_code}: {words}", definite=True)
        return Quota(name=found.get("QuotaName", quota_code), code=quota_code, value=int(found["Value"]))
