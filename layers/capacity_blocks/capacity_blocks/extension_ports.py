"""What extensions need from the outside world beyond `purchase_ports`: one object per region."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from capacity_blocks.core.extension.history import ExtensionRecord
from capacity_blocks.core.purchase.offering import Offering
from capacity_blocks.core.purchase.terms import Terms


class ExtensionOffers(Protocol):
    def offers(self, reservation_id: str, duration: timedelta) -> tuple[Offering, ...]:
        """Return what EC2 sells to extend a reservation by so much; () is "sold out", AwsError is "not known"."""


class ExtensionHistory(Protocol):
    def records(self, reservation_ids: Sequence[str]) -> Mapping[str, tuple[ExtensionRecord, ...]]:
        """Return every extension ever bought for each of these, oldest first; AwsError, never part of them."""


class Extensions(Protocol):
    """The one port that spends on extensions. Nothing behind it repeats a call."""

    def dry_run(self, terms: Terms) -> tuple[str | None, str]:
        """Ask EC2 whether the purchase would be permitted; return its code (None: none came) and its words."""

    def purchase(self, terms: Terms) -> ExtensionRecord:
        """Buy, and return what EC2 says that it sold; AwsError says by `definite` if nothing was."""
