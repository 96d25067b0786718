"""`make demo` with files of the AWS CLI in which a group drains by Kubernetes: its cluster is made up, and said."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_demo import EXAMPLES, Told, run

pytestmark = pytest.mark.xdist_group("demo")

BLOCK, GROUP = "cr-0d1c6a7f3e2b94850", "gpu-now"  # it runs at the beginning, and ends after two and a half hours
TAGS = {"capacity-blocks:drain": "eks", "kubernetes.io/cluster/research": "owned"}


def kept(name: str, key: str, identity: str, *ids: str) -> dict[str, Any]:
    """Of an example file, what the play is about."""
    found = json.loads((EXAMPLES / name).read_text())[key]
    return {key: [each for each in found if each[identity] in ids]}


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("drained")
    groups = kept("describe-auto-scaling-groups.json", "AutoScalingGroups", "AutoScalingGroupName", GROUP)
    groups["AutoScalingGroups"][0]["Tags"] += [{"Key": key, "Value": value} for key, value in TAGS.items()]
    documents = {
        "blocks": kept("describe-capacity-reservations.json", "CapacityReservations", "CapacityReservationId", BLOCK),
        "versions": kept(
            "describe-launch-template-versions.json", "LaunchTemplateVersions", "LaunchTemplateName", GROUP
        ),
        "groups": groups,
    }
    files = [_written(folder / f"{name}.json", document) for name, document in documents.items()]
    return run(folder, "--load", *files, "--from", "2027-03-01T09:00Z")


def _written(path: Path, document: dict[str, Any]) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def test_every_node_of_ones_own_group_is_drained(drained: Told) -> None:
    [drain] = drained.seen["drains"]

    assert drained.code == 0
    assert (drain["reservation_id"], drain["target"]) == (BLOCK, GROUP)
    assert [node["verdict"] for node in drain["nodes"]] == ["drained"] * 4
    assert [len(node["evicted"]) for node in drain["nodes"]] == [1] * 4
    assert "How the nodes were drained" in drained.page
    assert drained.entries("will not be drained in time") == []


def test_what_was_made_up_of_the_cluster_is_said(drained: Told) -> None:
    note = (
        "What runs in the cluster research is in no file: each node of gpu-now is taken to hold one pod that stops "
        "within a minute."
    )

    assert note in drained.seen["notes"]
    assert note in " ".join(drained.text.split())
