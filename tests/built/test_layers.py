"""The layers hold what Lambda needs, and nothing that only one kind of processor can run."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.built.runtime_api import Built
from tests.template.stack import ROOT

# Not the boto3 of this environment: what the lock file of the layer says.
PINNED = dict(
    re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / "layers/vendor/requirements.txt").read_text(), re.MULTILINE)
)
# Lambda's limit for a function with its layers, unzipped ("Lambda quotas", Developer Guide).
MOST_MEGABYTES = 250


@pytest.fixture(scope="session")
def folders(built: Mapping[str, Built]) -> list[Path]:
    """Return all folders but the layer of the Kubernetes client, which has machine code: see test_kubernetes_layer."""
    found = {folder for function in built.values() for folder in (function.task, *function.layers)}
    return sorted(folder for folder in found if folder.name != "KubernetesLayer")


def test_it_is_pure_python_so_what_runs_here_runs_on_lambda(folders: list[Path]) -> None:
    assert [
        path for folder in folders for pattern in ("*.so", "*.so.*", "*.pyd") for path in folder.rglob(pattern)
    ] == []


def test_every_pinned_package_is_there_in_its_version(built: Mapping[str, Built]) -> None:
    (vendor,) = {layer for function in built.values() for layer in function.layers if layer.name == "VendorLayer"}
    there = {path.name.removesuffix(".dist-info") for path in (vendor / "python").glob("*.dist-info")}

    assert there == {f"{name.replace('-', '_')}-{version}" for name, version in PINNED.items()}


def test_time_zones_are_known_where_the_machine_knows_none(built: Mapping[str, Built]) -> None:
    """Lambda's images of Amazon Linux 2023 have come without /usr/share/zoneinfo (aws/aws-lambda-dotnet #1620)."""
    (vendor,) = {layer for function in built.values() for layer in function.layers if layer.name == "VendorLayer"}
    command = [sys.executable, "-S", "-c", "from zoneinfo import ZoneInfo; print(ZoneInfo('Europe/Berlin'))"]
    bare = {"PYTHONTZPATH": ""}

    without = subprocess.run(command, env=bare, check=False, capture_output=True, text=True)
    layered = subprocess.run(
        command, env=bare | {"PYTHONPATH": str(vendor / "python")}, check=False, capture_output=True, text=True
    )

    assert "ZoneInfoNotFoundError" in without.stderr
    assert (layered.stdout, layered.stderr) == ("Europe/Berlin\n", "")


def test_our_package_is_there_whole(built: Mapping[str, Built]) -> None:
    (ours,) = {layer for function in built.values() for layer in function.layers if layer.name == "CapacityBlocksLayer"}
    source = ROOT / "layers/capacity_blocks/capacity_blocks"
    folder = ours / "python" / "capacity_blocks"

    assert {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == {
        p.relative_to(source): p.read_bytes() for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts
    }


def test_a_function_with_its_layers_fits_into_lambda(built: Mapping[str, Built]) -> None:
    for function in built.values():
        folders = (function.task, *function.layers)
        size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
        assert size < MOST_MEGABYTES * 2**20, function.name
