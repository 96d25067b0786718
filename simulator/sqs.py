"""SQS: a long poll takes virtual time, and a queue of hundreds is looked through fast."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from moto.sqs import models
from moto.sqs.models import Queue

from simulator.clock import VirtualClock
from simulator.waiting import Signal

# How often a long poll looks. Messages come when the clock moves, and none of them tells whom it finds waiting.
_STEP = timedelta(milliseconds=100)


@contextmanager
def installed(clock: VirtualClock) -> Iterator[None]:
    """Stand in for moto's wait, which is for another thread, in real time, while the clock stands still.

    moto asks for the time twice for each message whenever anybody looks, in a way that costs more than all the rest.
    """

    def wait(_queue: Any, _timeout: int) -> None:
        Signal(clock).wait(_STEP)

    def milliseconds() -> float:
        return clock.now().timestamp() * 1000

    with (
        mock.patch.object(Queue, "wait_for_messages", wait),
        mock.patch.object(models, "unix_time_millis", milliseconds),
    ):
        yield
