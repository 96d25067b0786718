"""Lambda's execution environments: modules, settings and output of one function that no other one shares."""

import importlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


class Output:
    """Where functions print and log to. It outlives each of them, as loggers keep what they once were given."""

    def __init__(self) -> None:
        self.sink: Callable[[str], None] | None = None

    def write(self, text: str) -> int:
        if self.sink is not None and text.strip():
            self.sink(text.rstrip("\n"))
        return len(text)

    def flush(self) -> None:
        """Keep nothing back."""


OUTPUT = Output()


class Sandbox:
    """What a warm environment keeps between two runs: its modules. While entered, the process looks like its own.

    The code of the function and of its layers is imported anew for each sandbox; what the venv has is shared.
    """

    def __init__(self, roots: Iterable[Path], environment: Mapping[str, str], sink: Callable[[str], None]) -> None:
        self.roots = [str(root) for root in roots]
        self._tops = frozenset(name for root in self.roots for name in _importable(Path(root)))
        self.environment = dict(environment)
        self.sink = sink
        self._modules: dict[str, ModuleType] = {}
        self._outside: dict[str, ModuleType] = {}
        self._outside_environment: dict[str, str] = {}
        self._outside_output: Any = None
        self._entered = False

    def handler(self, dotted: str) -> Callable[[Any, Any], Any]:
        """Import the handler named as in the template: the module, a dot, the function."""
        module, _, name = dotted.rpartition(".")
        found: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), name)
        return found

    def enter(self) -> None:
        if self._entered:
            raise RuntimeError("a sandbox runs one invocation at a time")
        self._entered = True
        self._outside_environment = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment)
        self._outside = self._take_modules()
        sys.modules.update(self._modules)
        sys.path[:0] = self.roots
        self._outside_output, sys.stdout = sys.stdout, OUTPUT
        OUTPUT.sink = self.sink

    def leave(self) -> None:
        if not self._entered:
            return
        self._entered = False
        OUTPUT.sink = None
        sys.stdout = self._outside_output
        for root in self.roots:
            sys.path.remove(root)
        self._modules = self._take_modules()
        sys.modules.update(self._outside)
        os.environ.clear()
        os.environ.update(self._outside_environment)

    def _take_modules(self) -> dict[str, ModuleType]:
        if not any(top in sys.modules for top in self._tops):
            return {}
        mine = [name for name in sys.modules if name.partition(".")[0] in self._tops]
        return {name: sys.modules.pop(name) for name in mine}


class Sandboxes:
    """Makes sandboxes. One that outlives its world hands them out again: imports are most of what a short life costs.

    For worlds alike only, and for functions whose modules remember nothing that matters.
    """

    def __init__(self) -> None:
        self._kept: defaultdict[str, list[Sandbox]] = defaultdict(list)

    def take(self, roots: Iterable[Path], environment: Mapping[str, str], sink: Callable[[str], None]) -> Sandbox:
        roots = tuple(roots)
        kept = self._kept[_key(roots, environment)]
        if not kept:
            return Sandbox(roots, environment, sink)
        sandbox = kept.pop()
        sandbox.sink = sink
        return sandbox

    def keep(self, sandbox: Sandbox) -> None:
        self._kept[_key(sandbox.roots, sandbox.environment)].append(sandbox)


def _key(roots: Iterable[Path | str], environment: Mapping[str, str]) -> str:
    return repr(([str(root) for root in roots], sorted(environment.items())))


def _importable(root: Path) -> set[str]:
    files = {path.stem for path in root.glob("*.py")}
    packages = {path.parent.name for path in root.glob("*/*.py")}
    return files | packages
