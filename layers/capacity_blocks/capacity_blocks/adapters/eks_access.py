"""The way into the Kubernetes API of an EKS cluster: where it is, whom to trust, and who we are."""

import ssl
from base64 import b64decode
from typing import TYPE_CHECKING

import httpx2
from lightkube import Client, KubeConfig
from lightkube.config.models import Cluster, User

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.adapters.eks_token import eks_token

if TYPE_CHECKING:
    from types_boto3_eks.client import EKSClient
    from types_boto3_sts.client import STSClient

# A list of a node's pods is some hundred kilobytes. An API that takes longer is asked again at the next look.
TIMEOUT = httpx2.Timeout(10, connect=3)
FIELD_MANAGER = "capacity-blocks"  # whom `kubectl get --show-managed-fields` names for a cordon or a taint


class EksAccess:
    PERMISSIONS = frozenset({"eks:DescribeCluster"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EKSClient", sts: "STSClient", timeout: httpx2.Timeout = TIMEOUT) -> None:
        self._client, self._sts, self._timeout = client, sts, timeout

    @raises_aws_error
    def open(self, cluster: str) -> Client:
        """Make a client of the cluster's API. It is let in for 15 minutes; after that, open another."""
        found = self._client.describe_cluster(name=cluster)["cluster"]
        authority = found["certificateAuthority"]["data"]
        return Client(
            config=KubeConfig.from_one(
                # Checked by the transport below; named here as well, so that nothing can speak to it unchecked.
                cluster=Cluster(server=found["endpoint"], certificate_auth_data=authority),
                user=User(token=eks_token(self._sts, cluster)),
            ),
            timeout=self._timeout,
            field_manager=FIELD_MANAGER,
            trust_env=False,  # neither proxies nor .netrc of the environment
            transport=httpx2.HTTPTransport(verify=trusting(b64decode(authority).decode()), trust_env=False, retries=1),
        )


def trusting(authority: str) -> ssl.SSLContext:
    """Check certificates and host names against this authority alone, but not whether it follows RFC 5280 in form.

    From Python 3.13 on, Lambda's, the default asks that too, and the authorities of EKS fail for want of a key
    identifier: "Missing Authority Key Identifier" (kubernetes-client/python #2394).
    """
    context = ssl.create_default_context(cadata=authority)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
