"""The way in: whom we trust, who we say we are, and for how long."""

import ssl
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from capacity_blocks.adapters.eks_access import trusting
from capacity_blocks.adapters.eks_token import eks_token
from capacity_blocks.kubernetes_ports import KubernetesError
from capacity_blocks.ports import AwsError
from simulator.kubernetes.access import Access
from simulator.kubernetes.certificate import certified
from tests import aws
from tests.factories import REGION
from tests.kubernetes.stage import CLUSTER, I1, MANIFESTS, NOW, ROLE, Stage

QUARTER = timedelta(minutes=15)


def link_in(token: str) -> Any:
    text = token.removeprefix("k8s-aws-v1.")
    assert "=" not in token
    return urlsplit(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())


def test_a_token_is_a_signed_request_to_sts_for_one_cluster(on_stage: Stage) -> None:
    """Its signature is that of the header with the cluster's name: signed again, it comes out the same."""
    link = link_in(eks_token(aws.client("sts"), CLUSTER))
    query = {key: values[0] for key, values in parse_qs(link.query).items()}
    signature = query["X-Amz-Signature"]

    def signed_for(cluster: str) -> str:
        url = f"https://{link.netloc}/?Action=GetCallerIdentity&Version=2011-06-15"
        request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": cluster})
        SigV4QueryAuth(Credentials("x", "x"), "sts", REGION, expires=60).add_auth(request)
        return parse_qs(urlsplit(str(request.url)).query)["X-Amz-Signature"][0]

    assert (link.scheme, link.netloc) == ("https", f"sts.{REGION}.amazonaws.com")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert query["X-Amz-Expires"] == "60"
    assert signed_for(CLUSTER) == signature
    assert signed_for("another") != signature


def test_a_client_signs_for_two_clusters_without_mixing_them_up(on_stage: Stage) -> None:
    sts = aws.client("sts")

    assert eks_token(sts, "one") != eks_token(sts, "two")
    assert eks_token(sts, "one") == eks_token(sts, "one")


def test_a_token_that_has_run_out_is_replaced_within_the_same_call(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    on_stage.node()
    on_stage.clock.move_to(NOW + QUARTER)
    on_stage.node()
    on_stage.asked()
    on_stage.clock.move_to(NOW + QUARTER + timedelta(seconds=1))

    assert on_stage.node().instance_id == I1
    assert [call.code for call in on_stage.asked()] == [401, 200, 200]


def test_a_role_without_an_access_entry_is_told_what_to_do(on_stage: Stage) -> None:
    on_stage.api.access = Access(entries={}, manifests=MANIFESTS)

    with pytest.raises(KubernetesError, match=f"cluster {CLUSTER} does not know our role: give it an access entry"):
        on_stage.nodes.find(I1)
    assert [call.code for call in on_stage.asked()] == [401, 401]


def test_an_entry_without_our_group_may_do_nothing(on_stage: Stage) -> None:
    stranger = type(ROLE)(name="stranger", groups=("system:authenticated",))
    on_stage.api.access = Access(entries={"x": stranger}, manifests=MANIFESTS)

    with pytest.raises(KubernetesError, match='nodes is forbidden: User "stranger" cannot list resource "nodes"'):
        on_stage.nodes.find(I1)


def test_a_cluster_that_is_not_there_is_an_error_of_aws(on_stage: Stage) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        on_stage.access.open("nowhere")


def test_another_authority_is_not_trusted(on_stage: Stage) -> None:
    certified.cache_clear()
    other = certified("127.0.0.1").authority
    endpoint = aws.client("eks").describe_cluster(name=CLUSTER)["cluster"]["endpoint"]

    with (
        httpx2.Client(verify=trusting(other)) as client,
        pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY"),
    ):
        client.get(f"{endpoint}/api/v1/nodes")
    assert on_stage.asked() == []


def test_another_host_is_not_trusted(on_stage: Stage) -> None:
    cluster = aws.client("eks").describe_cluster(name=CLUSTER)["cluster"]
    authority = certified("127.0.0.1").authority
    elsewhere = cluster["endpoint"].replace("127.0.0.1", "localhost")

    with httpx2.Client(verify=trusting(authority)) as client, pytest.raises(httpx2.ConnectError):
        client.get(f"{elsewhere}/api/v1/nodes")


def test_an_authority_need_not_have_key_identifiers_but_is_checked_all_the_same() -> None:
    """What EKS made for clusters of long ago; Python 3.13 would refuse it (kubernetes-client/python #2394)."""
    context = trusting(certified("127.0.0.1").authority)

    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1  # this authority, and no other of the machine's


def test_neither_proxies_nor_secrets_of_the_environment_are_used(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    on_stage.cluster.add_node(I1)

    assert on_stage.node().instance_id == I1
