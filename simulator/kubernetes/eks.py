"""How the EKS of moto shows a simulated cluster."""

from typing import Any

from moto.backends import get_backend

from simulator.kubernetes.server import Endpoint


def answer_at(account: str, region: str, cluster: str, endpoint: Endpoint) -> None:
    """Let DescribeCluster of a cluster that moto has lead to where the simulated one answers."""
    backend: Any = get_backend("eks")[account][region]
    found = backend.clusters[cluster]
    found.endpoint = endpoint.url
    found.certificate_authority = {"data": endpoint.certificate_authority}
