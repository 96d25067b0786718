"""All chance of a world comes from its seed: ids of moto, of the standard library and of the SDK's pauses."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from moto.moto_api._internal import mock_random


def component(seed: int, name: str) -> random.Random:
    """Give a component its own source, so that what one draws never shifts what another gets."""
    return random.Random(f"{seed}:{name}")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let `uuid4`, `secrets`, `random` and moto draw from the seed while this lasts."""
    entropy = component(seed, "entropy")
    before, moto_before = random.getstate(), mock_random.getstate()
    random.seed(f"{seed}:random")
    mock_random.seed(f"{seed}:moto")
    # `random` keeps its own reference for SystemRandom, and so for `secrets`.
    with mock.patch.object(os, "urandom", entropy.randbytes), mock.patch.object(random, "_urandom", entropy.randbytes):
        try:
            yield
        finally:
            random.setstate(before)
            mock_random.setstate(moto_before)
