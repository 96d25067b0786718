"""Definitions of workflows, parsed once: the parser takes a quarter of a second for a long one, at each start."""

import pickle
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

_parse = AmazonStateLanguageParser.parse


def parsed(definition: str) -> tuple[Any, None]:
    """Parse, or hand out another copy of what was parsed before: an execution draws ids for the parts of its own."""
    return pickle.loads(_pickled(definition)), None  # noqa: S301  # written right here


@lru_cache(maxsize=64)
def _pickled(definition: str) -> bytes:
    return pickle.dumps(_parse(definition)[0])


_ALL = StatesErrorName(typ=StatesErrorNameType.StatesALL)
_TERMINAL = frozenset({StatesErrorNameType.StatesRuntime, StatesErrorNameType.StatesStatesDataLimitExceeded})


def matching(evaluate: Any) -> Any:
    """Wrap how a Catch or Retry matches. "Error names": States.ALL leaves out what ends an execution for good."""

    def evaluated(declared: ErrorEqualsDecl, env: Any) -> None:
        error = env.stack[-1]
        is_terminal = isinstance(error, StatesErrorName) and error.typ in _TERMINAL
        evaluate(declared, env)
        if is_terminal and _ALL in declared.error_names:
            env.stack[-1] = False

    return evaluated
