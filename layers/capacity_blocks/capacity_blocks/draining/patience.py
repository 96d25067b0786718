"""An API that is away for a while is waited for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zlib import crc32

from capacity_blocks.ports import AwsError, Clock

T = TypeVar("T")
PAUSE = timedelta(seconds=4)
SPREAD_MS = 3000  # so that the drains of one block do not all ask again at once


def patiently(clock: Clock, until: datetime, who: str, ask: Callable[[], T]) -> T:
    """Ask until there is an answer, or until `until`. What AWS refuses for good is raised at once."""
    while True:
        try:
            return ask()
        except AwsError as error:
            again = clock.now() + PAUSE + spread(who)
            if error.definite or again >= until:
                raise
            clock.sleep_until(again)


def spread(who: str) -> timedelta:
    """Return a part of SPREAD_MS that is always the same for `who`."""
    return timedelta(milliseconds=crc32(who.encode()) % SPREAD_MS)
