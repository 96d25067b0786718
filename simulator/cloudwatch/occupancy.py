"""How many instances ran in a reservation, and when: what CloudWatch counts of it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.launch.instances import Instances


class Occupancy:
    """Listens to the launches and ends of instances. What was there before it listened is not counted."""

    def __init__(self, instances: Instances, now: Callable[[], datetime]) -> None:
        self._now = now
        self._home: dict[str, str] = {}
        self._counts: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
        instances.on_launched.append(lambda instance, request: self._launched(instance.id, request.reservation_id))
        instances.on_gone.append(self._gone)

    def at(self, reservation_id: str, instant: datetime) -> int:
        """Say how many instances were there at an instant."""
        counts = self._counts[reservation_id]
        before = bisect_right(counts, instant, key=lambda each: each[0])
        return counts[before - 1][1] if before else 0

    def _launched(self, instance_id: str, reservation_id: str | None) -> None:
        if reservation_id is not None:
            self._home[instance_id] = reservation_id
            self._change(reservation_id, 1)

    def _gone(self, instance_id: str) -> None:
        reservation_id = self._home.pop(instance_id, None)
        if reservation_id is not None:
            self._change(reservation_id, -1)

    def _change(self, reservation_id: str, by: int) -> None:
        counts: list[Any] = self._counts[reservation_id]
        counts.append((self._now(), (counts[-1][1] if counts else 0) + by))
