"""Sweeps that could only find what the last one found need not be run: days pass in seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.clock import VirtualClock
from simulator.firing import Firing
from simulator.invocation import Invocation, parsed

Stamp = tuple[int, ...]

# A sweep waits for what is due this soon, and keeps watch meanwhile: one that would is not left out.
_AHEAD = timedelta(minutes=2)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quiet:
    """A sweep that found nothing to do, the stamp of the world it looked at, and when it wants to look again."""

    stamp: Stamp
    look_again_at: datetime


class QuietSweeps:
    """Says which runs of a recurring schedule may be left out.

    Only when nothing at all has changed since its last run began: no answer of the local AWS, no call that asks for a
    change (of the run itself, of anybody else, of a test), and when that run succeeded and returned a `look_again_at`
    that is more than two minutes away. Then it would read the same answers and come to the same plan.

    A sweep of a queue is left out while nothing is in it, seen or not: `is_idle` says so by the name of its schedule.
    """

    def __init__(self, clock: VirtualClock, stamp: Callable[[], Stamp], is_idle: Callable[[str], bool]) -> None:
        self._clock = clock
        self._stamp = stamp
        self._is_idle = is_idle
        self._begun: dict[str, Stamp] = {}
        self._quiet: dict[str, _Quiet] = {}
        self.skipped = 0

    def begun(self, invocation: Invocation) -> None:
        self._begun[invocation.request_id] = self._stamp()

    def ended(self, invocation: Invocation) -> None:
        stamp = self._begun.pop(invocation.request_id)
        self._quiet.pop(invocation.trigger, None)
        result = parsed(invocation.result) if invocation.error is None else None
        if isinstance(result, dict) and "look_again_at" in result and stamp == self._stamp():
            at = result["look_again_at"]  # null: never, unless something changes
            look_again_at = _NEVER if at is None else datetime.fromisoformat(at)
            self._quiet[invocation.trigger] = _Quiet(stamp=stamp, look_again_at=look_again_at)

    def may_skip(self, firing: Firing) -> bool:
        if not firing.recurring or not (self._is_idle(firing.trigger) or self._would_find_the_same(firing.trigger)):
            return False
        self.skipped += 1
        return True

    def _would_find_the_same(self, trigger: str) -> bool:
        quiet = self._quiet.get(trigger)
        if quiet is None or quiet.stamp != self._stamp():
            return False
        return quiet.look_again_at > self._clock.now() + _AHEAD
