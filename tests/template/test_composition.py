"""What each function loads when it starts: the adapters that it declares, and nothing of what others are made of."""

import importlib
import json
import subprocess
import sys
from functools import cache

import pytest

from simulator.template import local_path
from tests.template.stack import ROOT, of_type, target_of

LOOK = """
import json, runpy, sys
runpy.run_path(sys.argv[1], run_name="app")
ours = {name: module for name, module in sys.modules.items() if name.startswith("capacity_blocks.")}
adapters = {
    kind.__name__
    for name, module in ours.items()
    if name.startswith("capacity_blocks.adapters.")
    for kind in vars(module).values()
    if hasattr(kind, "PERMISSIONS") and kind.__module__ == name
}
loaded = {name.partition(".")[0] for name in sys.modules}
strangers = {"kubernetes": {"httpx2", "lightkube", "msgspec"}, "slack": {"slack_sdk"}}
found = {name: sorted(loaded & each) for name, each in strangers.items()}
print(json.dumps({"modules": sorted(ours), "adapters": sorted(adapters), **found}))
"""
WORDS = {"DynamoDbLedger"}  # the ledger of purchases takes DynamoDB's words from its module
FOLDERS = sorted(local_path(function["Code"]).name for function in of_type("AWS::Lambda::Function").values())


@cache
def loaded(folder: str) -> dict[str, list[str]]:
    """Start a function in a process of its own, up to its first event, and return what it has loaded."""
    path = [str(ROOT / "layers" / "capacity_blocks")]
    code = f"import sys; sys.path[:0] = {path!r}; sys.argv = ['', {str(ROOT / 'functions' / folder / 'app.py')!r}]; "
    done = subprocess.run([sys.executable, "-c", code + LOOK], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_loads_the_adapters_that_it_declares_and_no_other(folder: str) -> None:
    root = importlib.import_module(f"capacity_blocks.bootstrap.{folder}")
    declared = {each.__name__ for name in ("ADAPTERS", "READERS", "ENDS") for each in getattr(root, name, ())}

    assert set(loaded(folder)["adapters"]) - declared <= WORDS
    assert declared <= set(loaded(folder)["adapters"])


def test_reconcile_starts_without_anything_of_the_steps_of_a_purchase() -> None:
    steps = ("capacity_blocks.purchas", "capacity_blocks.bootstrap.desk", "capacity_blocks.url_call")

    assert [name for name in loaded("reconcile")["modules"] if name.startswith(steps)] == []


@pytest.mark.parametrize(
    ("adapter", "function"), [("ec2_purchases", "purchase_block"), ("ec2_extensions", "purchase_extension")]
)
def test_one_function_alone_loads_what_spends(adapter: str, function: str) -> None:
    assert [each for each in FOLDERS if f"capacity_blocks.adapters.{adapter}" in loaded(each)["modules"]] == [function]


def test_functions_that_speak_to_nodes_alone_load_a_kubernetes_client() -> None:
    speak = [folder for folder in FOLDERS if loaded(folder)["kubernetes"]]

    assert speak == ["check_nodes", "drain_node", "warn_nodes"]


def test_they_alone_have_its_layer() -> None:
    functions = of_type("AWS::Lambda::Function")
    layered = {
        local_path(function["Code"]).name
        for function in functions.values()
        if any(str(target_of(layer)).startswith("KubernetesLayer") for layer in function["Layers"])  # SAM adds a hash
    }

    assert layered == {"check_nodes", "drain_node", "warn_nodes"}


def test_the_function_that_posts_alone_loads_slacks_client_and_has_its_layer() -> None:
    layered = {
        local_path(function["Code"]).name
        for function in of_type("AWS::Lambda::Function").values()
        if any(str(target_of(layer)).startswith("SlackLayer") for layer in function["Layers"])
    }

    assert [folder for folder in FOLDERS if loaded(folder)["slack"]] == ["notify_slack"]
    assert layered == {"notify_slack"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_handler_is_short(folder: str) -> None:
    assert len((ROOT / "functions" / folder / "app.py").read_text().splitlines()) <= 45
