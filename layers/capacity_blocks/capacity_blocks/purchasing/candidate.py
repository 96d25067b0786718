"""What a search hands to the choice. Nothing in it is believed: the guards judge each candidate anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from capacity_blocks.core.purchase import record
from capacity_blocks.core.purchase import terms as terms_document
from capacity_blocks.core.purchase.guard import Circumstances
from capacity_blocks.core.purchase.intent import Intent, ask
from capacity_blocks.core.purchase.query import Query
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.purchasing.step import StepError, section


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An offering that the search would let through, the query that found it, and why it has its place."""

    terms: Terms
    query: Query
    why: str

    def intent(self, known: Circumstances, request_id: str, number: int) -> Intent:
        """Return the question that it would be; without settings nobody can answer, so any time will do."""
        within = known.settings.approve_within if known.settings is not None else known.request.latest_end - known.now
        return ask(known.now, request_id, number, self.terms, self.query, within)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    candidates: tuple[Candidate, ...]  # best first
    objection: str  # to the best of those that it would not, where it would let none through
    table: str
    warnings: tuple[str, ...]
    again_at: datetime | None
    looks: int


def read(event: Mapping[str, Any]) -> Search:
    """Read the answer of a search as the workflow passes it on; StepError where it is none."""
    found = section(event, "search")
    try:
        again = found.get("search_again_at")
        return Search(
            candidates=tuple(_candidate(each) for each in found.get("candidates", ())),
            objection=_objection(found.get("refused", ())),
            table=str(found.get("table", "")),
            warnings=tuple(str(each) for each in found.get("warnings", ())),
            again_at=None if again is None else datetime.fromisoformat(again),
            looks=int(event.get("looks", 1)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StepError(f"search is not the answer of a search: {error!r}") from error


def _objection(refused: Sequence[Mapping[str, Any]]) -> str:
    return f"{refused[0]['offering']}: {refused[0]['verdict']}" if refused else ""


def _candidate(document: Mapping[str, Any]) -> Candidate:
    return Candidate(
        terms=terms_document.from_document(document["terms"]),
        query=record.to_query(document["query"]),
        why=str(document["why"]),
    )
