"""Every call of the adapters, held against the OpenAPI document of Kubernetes 1.36 (see extract.py)."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from capacity_blocks.core.drain.eviction import Eviction
from capacity_blocks.core.drain.node import TaintEffect
from simulator.kubernetes.api import Call
from simulator.kubernetes.objects import Budget, Owner
from tests.kubernetes.extract import ANSWERED, OPERATIONS
from tests.kubernetes.stage import I1, NOW, Stage

DOCUMENT = json.loads(Path(__file__).with_name("openapi.json").read_text())
EVICTION = "/api/v1/namespaces/{namespace}/pods/{name}/eviction"
NODE = "/api/v1/nodes/{name}"


@cache
def strict(definition: str) -> Draft4Validator:
    """Return a validator that knows each property by name: one that is not in the document is wrong."""
    definitions = {
        name: schema | ({"additionalProperties": False} if "properties" in schema else {})
        for name, schema in DOCUMENT["definitions"].items()
    }
    return Draft4Validator({"$ref": f"#/definitions/{definition}", "definitions": definitions})


def resolved(parameters: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in parameters:
        yield DOCUMENT["parameters"][each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each


def template(call: Call) -> str:
    """Return the path of the document that a call is one of; there must be exactly one."""
    [found] = [
        path
        for path in DOCUMENT["paths"]
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), call.request.path)
        and OPERATIONS[path].upper() == call.request.method
    ]
    return str(found)


def played(on_stage: Stage) -> list[Call]:
    """Make every call that the adapters have, with every kind of answer."""
    cluster = on_stage.cluster
    node = cluster.add_node(I1).name
    cluster.add_node("i-0a1b2c3d4e5f60009")
    cluster.add_deployment("default", "web", [node, node], replaced_in=None, grace=3600, empty_dir=True)
    cluster.add_budget(Budget(namespace="default", name="web", selector={"app": "web"}, max_unavailable=1))
    cluster.add_pod("ml", "train", node, owner=Owner(kind="Job", name="train", api_version="batch/v1"))
    cluster.add_pod("kube-system", "proxy", node, mirror=True, finalizers=("example.com/hold",))
    cluster.add_daemon_set("kube-system", "cni")
    cluster.nodes[node].taints = [{"key": "old", "effect": "NoExecute", "timeAdded": "2026-03-01T00:00:00Z"}]

    on_stage.nodes.mark(on_stage.node(), NOW + timedelta(minutes=50), TaintEffect.PREFER_NO_SCHEDULE)
    on_stage.nodes.cordon(on_stage.node())
    pods = on_stage.pods.on_node(node)
    for pod in pods:
        on_stage.pods.evict(Eviction(pod=pod, grace=timedelta(seconds=60)))
    on_stage.pods.evict(Eviction(pod=pods[0]))
    on_stage.clock.move_to(NOW + timedelta(seconds=90))
    on_stage.pods.evict(Eviction(pod=pods[0]))
    return on_stage.asked()


def test_each_operation_of_the_document_is_called_and_no_other(on_stage: Stage) -> None:
    assert {(template(call), call.request.method.lower()) for call in played(on_stage)} == set(OPERATIONS.items())


def test_each_query_is_one_that_the_operation_takes(on_stage: Stage) -> None:
    for call in played(on_stage):
        path = DOCUMENT["paths"][template(call)]
        operation = path[call.request.method.lower()]
        known = {
            each["name"]: each["type"]
            for each in resolved([*path["parameters"], *operation.get("parameters", ())])
            if each["in"] == "query"
        }

        assert call.request.query.keys() <= known.keys()
        assert all(value.isdigit() for key, value in call.request.query.items() if known[key] == "integer")


def test_a_patch_is_a_strategic_merge_patch_in_a_type_that_the_operation_takes(on_stage: Stage) -> None:
    patches = [call for call in played(on_stage) if call.request.method == "PATCH"]

    assert {call.request.headers["Content-Type"] for call in patches} == {"application/strategic-merge-patch+json"}
    assert "application/strategic-merge-patch+json" in DOCUMENT["paths"][NODE]["patch"]["consumes"]
    for call in patches:  # what a patch names is of a node, whole values included
        strict("io.k8s.api.core.v1.Node").validate(json.loads(call.request.body))


def test_taints_are_one_value_which_is_why_a_mark_names_the_version_it_read() -> None:
    assert DOCUMENT["definitions"]["io.k8s.api.core.v1.NodeSpec"]["properties"]["taints"]["x-kubernetes-list-type"] == (
        "atomic"
    )


def test_an_eviction_is_of_policy_v1(on_stage: Stage) -> None:
    evictions = [call for call in played(on_stage) if template(call) == EVICTION]
    kind = DOCUMENT["paths"][EVICTION]["post"]["x-kubernetes-group-version-kind"]

    assert kind == {"group": "policy", "kind": "Eviction", "version": "v1"}
    for call in evictions:
        body = json.loads(call.request.body)
        strict("io.k8s.api.policy.v1.Eviction").validate(body)
        assert call.request.headers["Content-Type"] == "application/json"
        assert (body["apiVersion"], body["kind"]) == ("policy/v1", "Eviction")
        assert f"/namespaces/{body['metadata']['namespace']}/pods/{body['metadata']['name']}/" in call.request.path
        assert body["deleteOptions"]["preconditions"].keys() == {"uid"}
    graces = [json.loads(call.request.body)["deleteOptions"].get("gracePeriodSeconds") for call in evictions]
    assert set(graces) == {60, None}  # left out where it is the pod's own


def test_a_get_has_no_body_and_asks_for_what_the_api_speaks(on_stage: Stage) -> None:
    for call in played(on_stage):
        operation = DOCUMENT["paths"][template(call)][call.request.method.lower()]
        accepted = call.request.headers["Accept"]

        assert accepted == "*/*" or accepted in operation["produces"]
        assert bool(call.request.body) is (call.request.method != "GET")


def test_what_the_simulated_api_answers_is_as_the_document_has_it(on_stage: Stage) -> None:
    """So what the adapters read here is what they would read there."""
    calls = played(on_stage)
    for call in calls:
        operation = DOCUMENT["paths"][template(call)][call.request.method.lower()]
        answered = operation["responses"].get(str(call.code), {}).get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        expected = answered if answered and template(call) != EVICTION else ANSWERED
        strict(expected).validate(json.loads(call.answer))

    assert {call.code for call in calls} == {200, 201, 404, 429}


@pytest.mark.parametrize(
    ("definition", "body"),
    [
        ("io.k8s.api.policy.v1.Eviction", {"apiVersion": "policy/v1", "deleteOptions": {"gracePeriod": 3}}),
        ("io.k8s.api.policy.v1.Eviction", {"deleteOptions": {"gracePeriodSeconds": "3"}}),
        ("io.k8s.api.core.v1.Node", {"spec": {"unschedulable": "true"}}),
        ("io.k8s.api.core.v1.Node", {"spec": {"taints": [{"key": "a"}]}}),
    ],
)
def test_a_body_that_is_wrong_is_found(definition: str, body: dict[str, Any]) -> None:
    assert not strict(definition).is_valid(body)
