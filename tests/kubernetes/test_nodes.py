"""Finding, cordoning and marking nodes, over HTTPS."""

from datetime import timedelta

import pytest

from capacity_blocks.adapters.kubernetes_nodes import PAGE_SIZE, TRIES
from capacity_blocks.core.drain.node import DRAIN_AT, INSTANCE_ID, Node, Taint, TaintEffect, mark_value
from capacity_blocks.core.readiness.device import Devices
from capacity_blocks.draining.marker import Marker
from capacity_blocks.kubernetes_ports import KubernetesError
from simulator.kubernetes.api import Request
from simulator.kubernetes.status import Answer
from tests.kubernetes.stage import I1, I2, NOW, Stage

DRAIN = NOW + timedelta(minutes=50)
OURS = {"key": DRAIN_AT, "value": "20260302T114000Z", "effect": "PreferNoSchedule"}
GPU = {"key": "nvidia.com/gpu", "effect": "NoSchedule", "timeAdded": "2026-03-01T11:30:00Z"}


def test_a_node_is_found_by_its_instance(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    there = on_stage.cluster.add_node(I2, name="ip-10-0-0-2.us-east-2.compute.internal")
    there.taints, there.unschedulable, there.ready = [GPU], True, False

    assert on_stage.nodes.find(I2) == Node(
        name="ip-10-0-0-2.us-east-2.compute.internal",
        instance_id=I2,
        cordoned=True,
        ready=False,
        taints=(
            Taint(key="nvidia.com/gpu", effect="NoSchedule", added_at=NOW - timedelta(days=1) + timedelta(minutes=40)),
        ),
        devices=(Devices(resource="nvidia.com/gpu", capacity=8, allocatable=8),),
        version=str(there.version),
    )


def test_accelerators_are_read_as_their_plugins_report_them_and_nothing_else(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1, instance_type="trn1.32xlarge")
    there.devices = {"aws.amazon.com/neuron": 16, "aws.amazon.com/neuroncore": 32, "vpc.amazonaws.com/efa": 8}
    there.ill = {"aws.amazon.com/neuron": 1, "aws.amazon.com/neuroncore": 2}

    assert on_stage.node().devices == (
        Devices(resource="aws.amazon.com/neuron", capacity=16, allocatable=15),
        Devices(resource="aws.amazon.com/neuroncore", capacity=32, allocatable=30),
    )


def test_a_node_without_a_device_plugin_has_no_accelerators(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1, devices={})

    assert on_stage.node().devices == ()


def test_an_instance_that_never_joined_is_no_node(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)

    assert on_stage.nodes.find(I2) is None


def test_a_node_is_looked_for_on_every_page(on_stage: Stage) -> None:
    for number in range(PAGE_SIZE + 1):
        on_stage.cluster.add_node(f"i-{number:017x}", instance_type="m7g.large")
    last = on_stage.cluster.add_node(I1)

    assert on_stage.node(I1).name == last.name
    assert len(on_stage.asked()) == 3  # by label, and two pages


def test_the_instance_type_narrows_the_search(on_stage: Stage) -> None:
    for number in range(PAGE_SIZE + 1):
        on_stage.cluster.add_node(f"i-{number:017x}", instance_type="m7g.large")
    on_stage.cluster.add_node(I1, instance_type="p5.48xlarge")

    assert on_stage.nodes.find(I1, "p5.48xlarge") is not None
    assert len(on_stage.asked()) == 2


def test_many_nodes_are_found_in_one_search(on_stage: Stage) -> None:
    ids = [f"i-{number:017x}" for number in range(64)]
    for each in ids:
        on_stage.cluster.add_node(each)

    assert on_stage.nodes.nodes_of([*ids, I1]).keys() == set(ids)
    assert len(on_stage.asked()) == 1


def test_a_search_ends_with_the_last_that_is_looked_for(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    for number in range(PAGE_SIZE):
        on_stage.cluster.add_node(f"i-{number:017x}")

    assert on_stage.nodes.nodes_of([I1]).keys() == {I1}
    assert len(on_stage.asked()) == 1


def test_a_marked_node_is_found_by_its_label_in_one_call(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    on_stage.nodes.mark(on_stage.node(), DRAIN, TaintEffect.PREFER_NO_SCHEDULE)
    on_stage.asked()

    assert on_stage.node().instance_id == I1
    assert [call.request.query["labelSelector"] for call in on_stage.asked()] == [f"{INSTANCE_ID}={I1}"]


def test_a_label_that_names_another_instance_is_not_believed(on_stage: Stage) -> None:
    impostor, real = on_stage.cluster.add_node(I2), on_stage.cluster.add_node(I1)
    impostor.labels[INSTANCE_ID] = I1

    assert on_stage.node(I1).name == real.name


def test_a_cordon_stops_scheduling_and_changes_nothing_else(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)
    there.taints = [GPU]

    on_stage.nodes.cordon(on_stage.node())
    on_stage.nodes.cordon(on_stage.node())

    assert on_stage.node().cordoned
    assert there.taints[0] == GPU


def test_a_mark_stands_beside_other_taints_and_labels_and_moves_with_the_end(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)
    there.taints = [GPU]
    labels = dict(there.labels)

    on_stage.nodes.mark(on_stage.node(), DRAIN - timedelta(days=1), TaintEffect.NO_SCHEDULE)
    on_stage.nodes.mark(on_stage.node(), DRAIN, TaintEffect.PREFER_NO_SCHEDULE)

    assert there.taints == [GPU, OURS]
    assert there.labels == labels | {DRAIN_AT: OURS["value"], INSTANCE_ID: I1}


def test_a_mark_that_somebody_overtakes_is_set_on_what_they_have_made(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)
    read_before = on_stage.node()
    on_stage.cluster.patch_node(there.name, {"spec": {"taints": [GPU]}})

    on_stage.nodes.mark(read_before, DRAIN, TaintEffect.PREFER_NO_SCHEDULE)

    assert there.taints == [GPU, OURS]
    assert [call.code for call in on_stage.asked()][-3:] == [409, 200, 200]


def test_a_mark_that_is_overtaken_each_time_fails(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)
    node = on_stage.node()

    def overtake(request: Request) -> Answer | None:
        if request.method == "PATCH":
            on_stage.cluster.touch_node(there.name)
        return None

    on_stage.api.trouble = overtake
    with pytest.raises(KubernetesError, match=f"mark node {there.name}: 409 Conflict") as error:
        on_stage.nodes.mark(node, DRAIN, TaintEffect.PREFER_NO_SCHEDULE)

    assert error.value.status == 409
    assert sum(call.code == 409 for call in on_stage.asked()) == TRIES + 1


def test_a_node_that_goes_while_it_is_marked_is_said(on_stage: Stage) -> None:
    there = on_stage.cluster.add_node(I1)
    node = on_stage.node()
    on_stage.cluster.touch_node(there.name)

    def take_away(request: Request) -> Answer | None:
        if request.query.get("fieldSelector"):
            on_stage.cluster.remove_node(there.name)
        return None

    on_stage.api.trouble = take_away
    with pytest.raises(KubernetesError, match="it is gone"):
        on_stage.nodes.mark(node, DRAIN, TaintEffect.PREFER_NO_SCHEDULE)


def test_only_what_has_joined_since_is_marked_again(on_stage: Stage) -> None:
    on_stage.cluster.add_node(I1)
    marker = Marker(open=lambda _: on_stage.nodes)
    marker.mark("training", [I1, I2], "", NOW, TaintEffect.NO_SCHEDULE)
    late = on_stage.cluster.add_node(I2)
    on_stage.asked()

    assert marker.mark("training", [I1, I2], "", NOW, TaintEffect.NO_SCHEDULE) == []
    assert [call.request.path for call in on_stage.asked() if call.request.method == "PATCH"] == [
        f"/api/v1/nodes/{late.name}"
    ]
    assert late.labels[DRAIN_AT] == mark_value(NOW)
