"""JSONata for Step Functions: moto parses such workflows but brings no evaluator and none of AWS's own functions."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock
from uuid import uuid4

from jsonata import Jsonata
from moto.stepfunctions.parser.asl.component.intrinsic import jsonata as intrinsic
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata

from .instant import context_text

# "Transforming data with JSONata in Step Functions" lists them; $random and $range moto declares itself.
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


_ENCODER = "encode_jsonata_variable_declarations"


def _hash(text: str, algorithm: str) -> str:
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "uuid": lambda: str(uuid4()),
    "parse": json.loads,
    "hash": _hash,
}


def evaluate(expression: str) -> Any:
    """Evaluate as AWS does, or raise the interpreter's own error, which becomes States.QueryEvaluationError."""
    try:
        compiled = Jsonata(expression)
        for name, function in _FUNCTIONS.items():
            compiled.register_lambda(name, function)
        return json.loads(json.dumps(compiled.evaluate(None)))
    except Exception as failure:
        raise moto_jsonata.JSONataException("UNKNOWN", str(failure)) from failure


def _declarations(bindings: Mapping[str, Any]) -> str:
    """Bind variables as JSON, so that a quotation mark in a string does not end it (moto writes it as it is)."""
    return "".join(f"{name}:={json.dumps(value, default=context_text)};" for name, value in bindings.items())


@contextmanager
def installed() -> Iterator[None]:
    own = {f"${name}" for name in _FUNCTIONS}
    kept = {name: text for name, text in intrinsic._DECLARATION_BY_VARIABLE_REFERENCE.items() if name not in own}
    original = getattr(moto_jsonata, _ENCODER)
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(moto_jsonata, "_eval_jsonata", evaluate))
        stack.enter_context(mock.patch.object(intrinsic, "_DECLARATION_BY_VARIABLE_REFERENCE", kept))
        for name, module in sorted(sys.modules.items()):
            if name.startswith("moto.stepfunctions") and vars(module).get(_ENCODER) is original:
                stack.enter_context(mock.patch.object(module, _ENCODER, _declarations))
        yield
