"""Which offering to ask for: those that break no rule, best first, and the others with what they break."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.offering import Offering, Unit
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.refusal import Refusal, refusals
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest
from capacity_blocks.core.words import when

ORDER = (
    "the type that is preferred, then more instances, then the lower fee per usable GPU-hour, then the earlier start, "
    "then fewer segments, then the lower fee"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An offering and why it is refused; kept when nothing speaks against it. `why` says what put it in its place."""

    offering: Offering
    refusals: tuple[Refusal, ...] = ()
    why: str = ""

    @property
    def is_kept(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    kept: tuple[Verdict, ...] = ()
    refused: tuple[Verdict, ...] = ()

    @property
    def best(self) -> Offering | None:
        """Never the first at any price: None when every offering breaks a rule."""
        return self.kept[0].offering if self.kept else None


def rank(
    now: datetime,
    request: PurchaseRequest,
    offerings: Iterable[Offering],
    places: Sequence[Place] | None,
    settings: MoneySettings | None = None,
) -> Ranking:
    """Sort offerings by ORDER, each once. The order in which they came makes no difference."""
    judged = [
        (_key(request, each), Verdict(offering=each, refusals=refusals(now, request, each, places, settings)))
        for each in sorted(set(offerings), key=repr)
    ]
    judged.sort(key=lambda pair: pair[0])
    kept = [(key, verdict.offering) for key, verdict in judged if verdict.is_kept]
    return Ranking(
        kept=tuple(
            Verdict(offering=offering, why=_why(kept[place - 1] if place else None, key, offering))
            for place, (key, offering) in enumerate(kept)
        ),
        refused=tuple(verdict for _, verdict in judged if not verdict.is_kept),
    )


Key = tuple[int, int, bool, Decimal, datetime, int, Decimal, str, str]
# What decides at each position of a key, as people say it; the last two only make the order the same every time.
DECIDES = (
    "its type is preferred",
    "it has more instances",
    "its fee is counted per GPU-hour",
    "it costs less per usable GPU-hour",
    "it starts earlier",
    "it has fewer segments",
    "its fee is lower",
    "it is in the region that comes first by name",
    "its id comes first",
)


def _key(request: PurchaseRequest, offering: Offering) -> Key:
    types = request.wanted.types if isinstance(request.wanted, Instances) else ()
    preferences = [types.index(part.instance_type) for part in offering.parts if part.instance_type in types]
    rate, fee = offering.fee_per_unit_hour, offering.upfront_fee
    return (
        max(preferences, default=0),
        -min(offering.counts, default=0),
        offering.unit is not Unit.ACCELERATOR,
        money.MOST if rate is None else rate,
        offering.start,
        len(offering.parts),
        money.MOST if fee is None else fee,
        offering.region,
        offering.offering_id,
    )


def _why(before: tuple[Key, Offering] | None, key: Key, offering: Offering) -> str:
    """Say what an offering is, and by which rule the one before it is better."""
    rate = offering.fee_per_unit_hour or Decimal(0)
    facts = f"{money.shown(rate)} per {offering.unit.value}, starts at {when(offering.start)}"
    if before is None:
        return f"{facts}; the best by this order: {ORDER}"
    better, other = before
    decided = (words for words, ours, theirs in zip(DECIDES, key, better, strict=True) if ours != theirs)
    reason = next(decided, "it is as good")
    return f"{facts}; after {other.offering_id}, of which holds: {reason}"
