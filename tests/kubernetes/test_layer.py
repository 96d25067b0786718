"""The layer with the Kubernetes client: what the adapters import is in it, in the versions that the tests run with."""

import ast
import re
import sys
from pathlib import Path

import pytest

ADAPTERS = sorted(
    [
        *Path("layers/capacity_blocks/capacity_blocks/adapters").glob("kubernetes_*.py"),
        Path("layers/capacity_blocks/capacity_blocks/adapters/eks_access.py"),
    ]
)


def pinned(path: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9_.-]+)==([^ ;]+)", Path(path).read_text(), re.MULTILINE))


LAYER, VENDOR, DEV = (
    pinned(f"{folder}.txt")
    for folder in ("layers/kubernetes/requirements", "layers/vendor/requirements", "requirements/dev")
)


def test_it_holds_what_the_tests_run_with() -> None:
    assert LAYER
    assert {name: DEV.get(name) for name in LAYER} == LAYER


def test_nothing_of_it_is_in_the_vendor_layer_too() -> None:
    """Where two layers have a file, the later one wins: the versions must never be able to differ."""
    assert LAYER.keys() & VENDOR.keys() == set()


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda path: path.stem)
def test_it_holds_what_an_adapter_imports(adapter: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(adapter.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    others = imported - set(sys.stdlib_module_names) - {"capacity_blocks", "types_boto3_eks", "types_boto3_sts"}
    assert others
    assert others <= LAYER.keys() | {"botocore"}
