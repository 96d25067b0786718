"""What `sam build` made, and the runtime client that Lambda would run it with."""

import fcntl
import importlib.util
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.built.local_aws import LocalAws, local_aws
from tests.built.runtime_api import Built
from tests.template.stack import ROOT, target_of

BUILD = ROOT / ".aws-sam" / "build"
MACHINE_CODE = "msgspec"
# The client and what it needs, and nothing else of this environment.
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Built]:
    """Build what has changed since the last time, and return every function of it by its logical id."""
    with (ROOT / "template.yaml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one build at a time, however many test runners there are
        subprocess.run(["make", "--silent", "build"], cwd=ROOT, check=True, capture_output=True)
    template: dict[str, Any] = yaml_parse((BUILD / "template.yaml").read_text())
    layers = template["Globals"]["Function"]["Layers"]
    decoder = _this_machines(tmp_path_factory.mktemp("decoder"))
    return {
        logical_id: Built(
            name=logical_id,
            task=_folder(template, logical_id, "CodeUri"),
            layers=[
                *([decoder] if "Layers" in resource["Properties"] else []),
                *(
                    _folder(template, str(target_of(layer)), "ContentUri")
                    for layer in (*layers, *resource["Properties"].get("Layers", []))
                ),
            ],
            handler=resource["Properties"]["Handler"],
        )
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _this_machines(folder: Path) -> Path:
    """Lay out the one package with machine code as this machine's own: the layer's is for Lambda's processor."""
    spec = importlib.util.find_spec(MACHINE_CODE)
    assert spec is not None
    assert spec.origin is not None
    (folder / "python").mkdir()
    (folder / "python" / MACHINE_CODE).symlink_to(Path(spec.origin).parent)
    return folder


def _folder(template: Mapping[str, Any], logical_id: str, name: str) -> Path:
    return (BUILD / str(template["Resources"][logical_id]["Properties"][name])).resolve()


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the runtime client alone, as Lambda has it beside the function."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in CLIENT:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with local_aws() as served:
        yield served
