"""The layer of the functions that speak to nodes: what is pinned, for Lambda's processor, and small."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.built.conftest import BUILD
from tests.built.runtime_api import Built
from tests.template.stack import ROOT

pytestmark = pytest.mark.xdist_group("built")

PINNED = dict(
    re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / "layers/kubernetes/requirements.txt").read_text(), re.MULTILINE)
)
MOST_MEGABYTES = 8
ELF, AARCH64 = b"\x7fELF", 183  # e_machine in elf.h


@pytest.fixture(scope="module")
def layer(built: Mapping[str, Built]) -> Path:
    return BUILD / "KubernetesLayer" / "python"


def test_every_pinned_package_is_there_in_its_version(layer: Path) -> None:
    there = {path.name.removesuffix(".dist-info") for path in layer.glob("*.dist-info")}

    assert there == {f"{name.replace('-', '_')}-{version}" for name, version in PINNED.items()}


def test_its_machine_code_is_that_of_the_decoder_for_lambdas_python_and_processor(layer: Path) -> None:
    [decoder] = [path for pattern in ("*.so", "*.so.*", "*.pyd") for path in layer.rglob(pattern)]
    head = decoder.read_bytes()[:20]

    assert decoder.relative_to(layer) == Path("msgspec/_core.cpython-313-aarch64-linux-gnu.so")
    assert (head[:4], int.from_bytes(head[18:20], "little")) == (ELF, AARCH64)


def test_it_is_small(layer: Path) -> None:
    size = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())

    assert size < MOST_MEGABYTES * 2**20
