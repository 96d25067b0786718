"""Bearer tokens with which EKS lets an IAM role into a cluster."""

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_sts.client import STSClient

# A token is a signed request to STS that says who signs. EKS takes it for 15 minutes from its date; the 60 seconds are
# those of the link itself, as the AWS CLI has them (aws eks get-token).
PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
LINK_SECONDS = 60


@raises_aws_error
def eks_token(sts: "STSClient", cluster: str) -> str:
    """Sign a token for `cluster` alone, without a call. It takes no permission: EKS looks up its own access entries."""

    def name_cluster(request: Any, **_: Any) -> None:
        request.headers[CLUSTER_HEADER] = cluster  # before the signature, which covers it

    event = "before-sign.sts.GetCallerIdentity"
    sts.meta.events.register(event, name_cluster)
    try:
        link = sts.generate_presigned_url("get_caller_identity", ExpiresIn=LINK_SECONDS, HttpMethod="GET")
    finally:
        sts.meta.events.unregister(event, name_cluster)
    return PREFIX + urlsafe_b64encode(link.encode()).decode().rstrip("=")
