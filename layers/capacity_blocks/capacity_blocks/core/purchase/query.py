"""A search of DescribeCapacityBlockOfferings and what became of it. Sold out, not offered and failed are kept apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.purchase.offering import Offering


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """What is searched for, apart from the dates."""

    region: str
    types: tuple[str, ...]  # of instances, or the one of UltraServers
    duration: timedelta
    by_preference: bool = False  # InstanceTypePreferences: EC2 may combine types and zones in segments
    is_ultraserver: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Query:
    """One call. `count` is in UltraServers where those are searched for; None for `not_before` is as soon as can be."""

    subject: Subject
    count: int
    not_before: datetime | None
    not_after: datetime


class Outcome(StrEnum):
    ON_SALE = "on sale"
    SOLD_OUT = "sold out"  # an answer without offerings
    NOT_OFFERED = "type not offered there"
    THROTTLED = "throttled"  # or a quota of 0, which EC2 answers with the same code: worth another try, not many
    FAILED = "call failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query brought at an instant. `message` is EC2's own where it brought no list of offerings."""

    query: Query
    outcome: Outcome
    at: datetime
    offerings: tuple[Offering, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was not asked, and why."""

    subject: Subject
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that a search found, each answer under what it means."""

    on_sale: tuple[Answer, ...] = ()
    sold_out: tuple[Answer, ...] = ()
    not_offered: tuple[Answer, ...] = ()
    failed: tuple[Answer, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def offerings(self) -> tuple[Offering, ...]:
        return tuple(dict.fromkeys(each for answer in self.on_sale for each in answer.offerings))

    def query_of(self, offering: Offering) -> Query:
        """Return the query that found an offering: the one to repeat right before it is bought."""
        return next(answer.query for answer in self.on_sale if offering in answer.offerings)


def findings(answers: Sequence[Answer], left_out: Sequence[LeftOut] = ()) -> Findings:
    """Sort answers by what they mean. Of a query that was repeated the last answer counts."""
    last = {(each.query.subject, each.query.count): each for each in sorted(answers, key=lambda each: each.at)}

    def those(*outcomes: Outcome) -> tuple[Answer, ...]:
        return tuple(each for each in last.values() if each.outcome in outcomes)

    return Findings(
        on_sale=those(Outcome.ON_SALE),
        sold_out=those(Outcome.SOLD_OUT),
        not_offered=those(Outcome.NOT_OFFERED),
        failed=those(Outcome.THROTTLED, Outcome.FAILED),
        left_out=tuple(left_out),
    )
