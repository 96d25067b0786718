"""The metrics of a Region: those of Capacity Reservations, and any other that a story says the course of."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from simulator.capacity_blocks import CapacityBlockEngine
from simulator.launch.instances import Instances

from .occupancy import Occupancy

NAMESPACE, DIMENSION = "AWS/EC2CapacityReservations", "CapacityReservationId"
# "Monitor Capacity Reservations usage with CloudWatch metrics": sent every five minutes.
PERIOD = timedelta(minutes=5)
# Assumed: until a value can be read.
DELAY = timedelta(minutes=2)

Dimensions = tuple[tuple[str, str], ...]
Course = Callable[[datetime], float | None]
Point = tuple[datetime, float]


class Metrics:
    """Answers for what it knows; any other metric has no values, as in CloudWatch."""

    def __init__(self, engine: CapacityBlockEngine, instances: Instances, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._occupancy = Occupancy(instances, now)
        self._courses: dict[tuple[str, str, Dimensions], Course] = {}
        self.is_counting = True  # False: reservations have no values at all

    def tell(self, namespace: str, name: str, dimensions: Mapping[str, str], course: Course) -> None:
        """Say what a metric is at each instant; None where it has no value."""
        self._courses[namespace, name, tuple(sorted(dimensions.items()))] = course

    def points(
        self, namespace: str, name: str, dimensions: Mapping[str, str], start: datetime, end: datetime
    ) -> tuple[Point, ...]:
        """Return a value for each five minutes from `start` to `end`, the newest last."""
        course = self._course(namespace, name, dimensions)
        if course is None:
            return ()
        values = ((at, course(at)) for at in _periods(start, min(end, self._now() - DELAY)))
        return tuple((at, value) for at, value in values if value is not None)

    def _course(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> Course | None:
        if namespace == NAMESPACE and set(dimensions) == {DIMENSION}:
            return self._of_reservation(name, dimensions[DIMENSION]) if self.is_counting else None
        return self._courses.get((namespace, name, tuple(sorted(dimensions.items()))))

    def _of_reservation(self, name: str, reservation_id: str) -> Course | None:
        reservation = self._engine._holdings.reservations.get(reservation_id)
        if reservation is None or reservation.end is None:
            return None
        size, start, end = reservation.size, reservation.start, reservation.end
        of_used: dict[str, Callable[[int], float]] = {
            "UsedInstanceCount": float,
            "AvailableInstanceCount": lambda used: float(size - used),
            "TotalInstanceCount": lambda _used: float(size),
            "InstanceUtilization": lambda used: 100.0 * used / size,
        }
        if name not in of_used:
            return None

        def course(at: datetime) -> float | None:
            if not start <= at or end < at + PERIOD:
                return None
            return of_used[name](self._occupancy.at(reservation_id, at + PERIOD))

        return course


def _periods(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the begin of each whole period, on the five minutes of the clock."""
    at = start.replace(second=0, microsecond=0) - timedelta(minutes=start.minute % 5)
    while at + PERIOD <= end:
        if at >= start:
            yield at
        at += PERIOD
