"""A request for which nothing may be asked now: whether it looks again, and what people hear of it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.guard import Guard, Violation
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.purchasing.candidate import Candidate, Search

# What no later search changes: the pool has what it asked for, or has looked long enough.
FINAL = frozenset({Guard.BOUGHT_BEFORE, Guard.COVERED, Guard.LOOK_UNTIL, Guard.OTHER_REQUEST, Guard.NOT_PERMITTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfilled:
    request: PurchaseRequest
    search: Search
    now: datetime
    execution: str
    forbidden: tuple[tuple[Candidate, tuple[Violation, ...]], ...]  # best first, each with what forbids it

    @property
    def look_again_at(self) -> datetime | None:
        """When to search again; None once the request is over."""
        is_final = any(each.guard in FINAL for _, violations in self.forbidden for each in violations)
        return None if is_final else self.search.again_at

    @property
    def reason(self) -> str:
        if not self.forbidden:
            return f"nothing on sale may be bought: {self.search.objection or 'nothing was found'}"
        return "; ".join(violation.reason for violation in self.forbidden[0][1])

    def notices(self) -> tuple[Notice, ...]:
        """Return what people hear: why they were not asked about the best, and how the request stands."""
        about = self._asked_about()
        return about if about and self.look_again_at is None else (*about, self._standing())

    def _asked_about(self) -> tuple[Notice, ...]:
        if not self.forbidden:
            return ()
        best, violations = self.forbidden[0]
        notice = notices.unasked(
            request=self.request,
            terms=best.terms,
            violations=violations,
            looks_again=self.look_again_at is not None,
            execution=self.execution,
            time_zone=ZoneInfo(self.request.time_zone),
        )
        return (notice,)

    def _standing(self) -> Notice:
        zone, search = ZoneInfo(self.request.time_zone), self.search
        if (again := self.look_again_at) is not None:
            return notices.standing(
                request=self.request,
                looks=search.looks,
                table=search.table,
                now=self.now,
                violations=self.forbidden[0][1] if self.forbidden else (),
                search_again_at=again,
                execution=self.execution,
                time_zone=zone,
            )
        if self.request.look_until is not None:
            return notices.search_over(
                request=self.request,
                looks=search.looks,
                table=search.table,
                execution=self.execution,
                time_zone=zone,
            )
        return notices.nothing_on_sale(
            request=self.request,
            table=search.table,
            warnings=search.warnings,
            execution=self.execution,
            time_zone=zone,
        )
