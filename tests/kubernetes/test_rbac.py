"""examples/kubernetes-rbac.yaml grants what the adapters do, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from capacity_blocks.adapters.kubernetes_nodes import KubernetesNodes
from capacity_blocks.adapters.kubernetes_pods import KubernetesPods
from capacity_blocks.core.drain.node import TaintEffect
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.kubernetes_ports import KubernetesError
from simulator.kubernetes.access import Access, User
from tests.kubernetes.stage import I1, MANIFESTS, NOW, ROLE, Stage, without

ROLE_MANIFEST, BINDING = MANIFESTS
GRANTED = {
    (group, resource, verb)
    for rule in ROLE_MANIFEST["rules"]
    for group in rule["apiGroups"]
    for resource in rule["resources"]
    for verb in rule["verbs"]
}


def test_the_adapters_declare_what_the_example_grants() -> None:
    assert {("", *verb) for verb in KubernetesNodes.VERBS | KubernetesPods.VERBS} == GRANTED


def test_a_mark_and_a_drain_use_all_that_is_granted_and_need_no_more(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node)

    on_stage.nodes.mark(on_stage.node(), NOW + timedelta(minutes=50), TaintEffect.PREFER_NO_SCHEDULE)
    looks = on_stage.played(on_stage.drain())
    calls = on_stage.asked()

    assert looks[-1].verdict is Verdict.DRAINED
    assert {call.code for call in calls} <= {200, 201}
    assert {(call.verb.group, call.verb.resource, call.verb.name) for call in calls if call.verb} == GRANTED


def test_the_group_of_the_access_entry_is_what_is_bound() -> None:
    assert BINDING["roleRef"]["name"] == ROLE_MANIFEST["metadata"]["name"]
    assert [(subject["kind"], subject["name"]) for subject in BINDING["subjects"]] == [("Group", ROLE.groups[0])]


@pytest.mark.parametrize(("_", "resource", "verb"), sorted(GRANTED - {("", "nodes", "patch")}))
def test_without_any_one_verb_a_drain_says_so_until_the_deadline(
    on_stage: Stage, _: str, resource: str, verb: str
) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node)
    on_stage.api.access = Access(entries={"x": ROLE}, manifests=without(verb, resource))

    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.LET_GO
    for look in looks:
        assert f'cannot {verb} resource "{resource}"' in look.stuck[0]


def test_a_node_that_may_not_be_cordoned_is_drained_all_the_same(on_stage: Stage) -> None:
    node = on_stage.cluster.add_node(I1).name
    on_stage.cluster.add_pod("default", "web", node)
    on_stage.api.access = Access(entries={"x": ROLE}, manifests=without("patch"))

    looks = on_stage.played(on_stage.drain())

    assert looks[-1].verdict is Verdict.DRAINED
    assert looks[-1].evicted == ("default/web",)
    for look in looks:
        assert 'cannot patch resource "nodes"' in look.stuck[0]


def test_a_look_at_nodes_needs_no_more_than_its_own_example_and_can_do_nothing_else(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    node = on_stage.node()
    manifests = list(yaml.safe_load_all(Path("examples/kubernetes-rbac-check.yaml").read_text()))
    user = User(name="check", groups=("capacity-blocks-check",))
    on_stage.api.access = Access(entries={"x": user}, manifests=manifests)

    assert on_stage.nodes.nodes_of([I1], "p5.48xlarge")[I1].devices == node.devices != ()
    with pytest.raises(KubernetesError, match='cannot patch resource "nodes"'):
        on_stage.nodes.cordon(node)
    with pytest.raises(KubernetesError, match='cannot list resource "pods"'):
        on_stage.pods.on_node(node.name)
