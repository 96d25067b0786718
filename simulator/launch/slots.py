"""What launching asks of whoever keeps the reservations."""

from collections.abc import Callable
from typing import Any, Protocol


class BlockSlots(Protocol):
    """The slots of all reservations of one account in one Region."""

    def place(
        self,
        reservation_id: str,
        *,
        instance_id: str,
        instance_type: str,
        availability_zone: str,
        market_type: str | None,
        platform: str | None = None,
    ) -> None:
        """Give the instance a slot, or raise a `CapacityBlockError` with EC2's own code and leave all as it was."""
        ...

    def release(self, instance_id: str) -> bool:
        """Begin the clean-up after an instance that shuts down; say whether it held a slot. Harmless twice."""
        ...

    def on_terminate(self, terminate: Callable[[str], None]) -> None:
        """Call `terminate(instance_id)` for each instance that EC2 itself terminates at the end of a block."""
        ...

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Answer an EC2 call about reservations; used to read when a block ends."""
        ...
