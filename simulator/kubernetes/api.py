"""The API of a simulated cluster: what it answers to each request, and to whom."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from simulator.kubernetes.access import Access, Verb
from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.eviction import evict
from simulator.kubernetes.selection import on_node, page, selected
from simulator.kubernetes.status import Answer, RefusedError

STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json"
NODE = re.compile(r"/api/v1/nodes/(?P<name>[^/]+)")
EVICTION = re.compile(r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods/(?P<name>[^/]+)/eviction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self, media_type: str) -> dict[str, Any]:
        given = self.headers.get("Content-Type", "")
        if given.split(";")[0] != media_type:
            message = f"the body of the request was in an unknown format - accepted media types include: {media_type}"
            raise RefusedError(415, "UnsupportedMediaType", message)
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that was answered, and how. `code` is 0 where the connection was cut instead."""

    at: datetime
    request: Request
    verb: Verb | None
    code: int
    answer: bytes


class CutError(Exception):
    """Raised to end a connection without an answer."""


# Looks at a request before the cluster does: it may answer in its place, raise CutError, or take its time.
Trouble = Callable[[Request], Answer | None]


class KubernetesApi:
    """Answers for one cluster. `trouble` stands between it and whoever calls; `calls` is all that was asked."""

    def __init__(self, cluster: SimulatedCluster, access: Access) -> None:
        self.cluster, self.access = cluster, access
        self.calls: list[Call] = []
        self.trouble: Trouble | None = None
        self._lock = Lock()

    def answer(self, request: Request) -> tuple[Answer, bytes]:
        """Answer as the API does, and remember it. Raise CutError where nothing is to be answered."""
        now, verb = self.cluster.now(), _verb(request)
        try:
            troubled = None if self.trouble is None else self.trouble(request)
        except CutError:
            self.calls.append(Call(at=now, request=request, verb=verb, code=0, answer=b""))
            raise
        with self._lock:
            try:
                answer = troubled or self._answer(request, verb, now)
            except RefusedError as refused:
                answer = refused.answer
            body = json.dumps(answer.body).encode()
            self.calls.append(Call(at=now, request=request, verb=verb, code=answer.code, answer=body))
        return answer, body

    def _answer(self, request: Request, verb: Verb | None, now: datetime) -> Answer:
        user = self.access.user(request.headers.get("Authorization", ""), now)
        if verb is None:
            raise RefusedError(404, "NotFound", "the server could not find the requested resource")
        self.access.check(user, verb)
        self.cluster.settle()
        return self._act(request, now)

    def _act(self, request: Request, now: datetime) -> Answer:
        cluster = self.cluster
        if request.path == "/api/v1/nodes":
            return self._list("NodeList", "nodes", [node.wire() for node in cluster.nodes.values()], request)
        if request.path == "/api/v1/pods":
            node = on_node(request.query)  # nearly every list is of one node: the others need not be written out
            pods = [pod.wire(now) for pod in cluster.pods.values() if node in {None, pod.node}]
            return self._list("PodList", "pods", pods, request)
        if match := NODE.fullmatch(request.path):
            patched = cluster.patch_node(match["name"], request.json(STRATEGIC))
            return Answer(code=200, body={"kind": "Node", "apiVersion": "v1", **patched.wire()})
        if match := EVICTION.fullmatch(request.path):
            return evict(cluster, match["namespace"], match["name"], request.json(JSON))
        raise AssertionError(f"{request.path} has a verb and no answer")

    def _list(self, kind: str, resource: str, items: list[dict[str, Any]], request: Request) -> Answer:
        chosen = selected(resource, items, request.query)
        return Answer(code=200, body=page(kind, chosen, request.query, self.cluster.version))


def _verb(request: Request) -> Verb | None:
    match request.method:
        case "GET" if request.path in {"/api/v1/nodes", "/api/v1/pods"}:
            return Verb(name="list", resource=request.path.rsplit("/", 1)[1])
        case "PATCH" if NODE.fullmatch(request.path):
            return Verb(name="patch", resource="nodes")
        case "POST" if match := EVICTION.fullmatch(request.path):
            return Verb(name="create", resource="pods/eviction", namespace=match["namespace"])
        case _:
            return None
