"""SQS: a long poll takes virtual time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from moto.sqs.models import Queue

from simulator.clock import VirtualClock
from simulator.waiting import Signal

# How often a long poll looks. Messages come when the clock moves, and none of them tells whom it finds waiting.
_STEP = timedelta(milliseconds=100)


@contextmanager
def installed(clock: VirtualClock) -> Iterator[None]:
    """Stand in for moto's wait, which is for another thread, in real time, while the clock stands still."""

    def wait(_queue: Any, _timeout: int) -> None:
        Signal(clock).wait(_STEP)

    with mock.patch.object(Queue, "wait_for_messages", wait):
        yield
