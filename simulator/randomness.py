"""All chance of a world comes from its seed: ids of moto, of the standard library and of the SDK's pauses."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

from botocore import endpoint
from moto.core import base_backend, responses
from moto.moto_api._internal import mock_random


def component(seed: int, name: str) -> random.Random:
    """Give a component its own source, so that what one draws never shifts what another gets."""
    return random.Random(f"{seed}:{name}")


_PARTS = count(1)  # moto tells its parts apart by these, from one world to the next


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let `uuid4`, `secrets`, `random` and moto draw from the seed while this lasts."""
    entropy = component(seed, "entropy")
    before, moto_before = random.getstate(), mock_random.getstate()
    random.seed(f"{seed}:random")
    mock_random.seed(f"{seed}:moto")
    with ExitStack() as stack:
        # `random` keeps its own reference for SystemRandom, and so for `secrets`.
        for owner, name in ((os, "urandom"), (random, "_urandom")):
            stack.enter_context(mock.patch.object(owner, name, entropy.randbytes))
        _number_what_none_sees(stack)
        stack.callback(random.setstate, before)
        stack.callback(mock_random.setstate, moto_before)
        yield


def _number_what_none_sees(stack: ExitStack) -> None:
    """Number the ids of requests and of moto's own parts: one more or less of them moves no id that somebody sees."""
    new = _numbers(count(1))
    stack.enter_context(mock.patch.object(endpoint, "uuid", SimpleNamespace(uuid4=new)))
    stack.enter_context(mock.patch.object(base_backend, "uuid4", _numbers(_PARTS)))

    def request_id(headers: dict[str, Any]) -> str:
        headers["x-amzn-requestid"] = str(new())
        return str(headers["x-amzn-requestid"])

    stack.enter_context(mock.patch.object(responses, "gen_amzn_requestid_long", request_id))


def _numbers(numbers: Iterator[int]) -> Callable[[], UUID]:
    return lambda: UUID(int=next(numbers), version=4)
