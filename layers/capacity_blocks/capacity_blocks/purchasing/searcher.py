"""Search for offerings, at the pace that EC2 allows, and lay out what was found for people and for the workflow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from capacity_blocks.core.purchase import record, search, terms
from capacity_blocks.core.purchase.money import MOST, canonical
from capacity_blocks.core.purchase.query import Answer, Findings, findings
from capacity_blocks.core.purchase.ranking import Ranking, Verdict, rank
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest, PurchaseRequestError
from capacity_blocks.core.purchase.table import facts, render
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.core.words import hours
from capacity_blocks.ports import AwsError, Clock, PoolSettings
from capacity_blocks.purchase_ports import Offerings, Quotas, Site
from capacity_blocks.purchasing.opener import read
from capacity_blocks.purchasing.survey import Surroundings, UnreadError, surroundings

# An answer may have 256 KB in a workflow ("Step Functions service quotas"); a line of the table has some 300 bytes.
MOST_SHOWN = 60
MOST_CANDIDATES = 10
# What a search by hand may leave out: it buys nothing, so it needs no name and no cap.
BY_HAND: Mapping[str, Any] = {"request_id": "search", "most_upfront_fee": canonical(MOST - Decimal("0.01"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    clock: Clock
    sites: Sequence[Site]
    pool_settings: PoolSettings
    offerings: Mapping[str, Offerings]  # by region
    quotas: Mapping[str, Quotas]  # by region

    def search(self, event: Mapping[str, Any], until: datetime) -> dict[str, Any]:
        """Search for a request, or for what a person asks by hand; no call is begun at or after `until`."""
        is_step = isinstance(event.get("request"), Mapping)
        request = read(event["request"] if is_step else {**BY_HAND, **event}, [site.name for site in self.sites])
        around = surroundings(request.pool, self.sites, self.pool_settings)
        if around.errors and is_step and not request.dry_run:  # what is chosen from must not hang on a throttle
            raise UnreadError("; ".join(around.errors))
        regions = self._regions(request, around)
        answers, found = self._ask(request, regions, until)
        ranking = rank(self.clock.now(), request, found.offerings, around.places, around.settings)
        again = search.search_again_at(self.clock.now(), request, answers)
        return {
            **_laid_out(request, ranking, found),
            "warnings": [
                *around.errors,
                *(answer.message for answer in found.on_sale if answer.message),
                *self._quota_warnings(request, regions),
            ],
            "notes": list(request.notes),
            "searched_at": self.clock.now().isoformat(),
            "search_again_at": None if again is None else again.isoformat(),
        }

    def _regions(self, request: PurchaseRequest, around: Surroundings) -> tuple[str, ...]:
        if regions := search.regions(request, around.places or ()):
            return regions
        if around.places is None:
            raise UnreadError("; ".join(around.errors))
        raise PurchaseRequestError(
            f"pool {request.pool} has no target with a subnet in {', '.join(site.name for site in self.sites)}; "
            "allowed: a pool that has, or regions in the request"
        )

    def _ask(self, request: PurchaseRequest, regions: Sequence[str], until: datetime) -> tuple[list[Answer], Findings]:
        """Ask one query after the other, as each region's own bucket allows: none waits for another's."""
        answers: list[Answer] = []
        while True:
            plan = search.plan(self.clock.now(), request, regions, answers, until)
            if not plan.calls:
                return answers, findings(answers, plan.left_out)
            call = plan.calls[0]
            self.clock.sleep_until(call.at)
            answers.append(self.offerings[call.query.subject.region].search(call.query, self.clock.now()))

    def _quota_warnings(self, request: PurchaseRequest, regions: Sequence[str]) -> Iterator[str]:
        """Say where the account's quota would not hold the request. EC2 decides, and counts what is not known here."""
        if not isinstance(request.wanted, Instances):
            return
        for region in regions:
            for instance_type in request.wanted.types:
                try:
                    quota = self.quotas[region].quota(instance_type)
                except AwsError as error:
                    yield f"{region}: the quota of {instance_type} could not be read: {error}"
                    continue
                if quota is not None and quota.value < request.wanted.least:
                    yield (
                        f"{region}: the quota {quota.name} ({quota.code}) is {quota.value}, and {request.wanted.least} "
                        "are wanted. EC2 may answer CapacityBlockDescribeLimitExceeded for that; ask for more in "
                        "Service Quotas"
                    )


def _laid_out(request: PurchaseRequest, ranking: Ranking, found: Findings) -> dict[str, Any]:
    zone = ZoneInfo(request.time_zone)
    shown = replace(ranking, kept=ranking.kept[:MOST_SHOWN], refused=ranking.refused[:MOST_SHOWN])
    left = len(ranking.kept) + len(ranking.refused) - len(shown.kept) - len(shown.refused)
    more = f"{left} more are not shown.\n" if left else ""
    return {
        "candidates": [_candidate(request, each, found) for each in ranking.kept[:MOST_CANDIDATES]],
        "on_sale": [facts(each, zone) | {"why": each.why} for each in shown.kept],
        "refused": [facts(each, zone) for each in shown.refused],
        "sold_out": [_answer(each) for each in found.sold_out],
        "not_offered": [_answer(each) for each in found.not_offered],
        "failed": [_answer(each) for each in found.failed],
        "not_asked": [
            {"types": list(e.subject.types), "region": e.subject.region, "why": e.reason} for e in found.left_out
        ],
        "table": render(shown, found, zone) + more,
    }


def _candidate(request: PurchaseRequest, verdict: Verdict, found: Findings) -> dict[str, Any]:
    offered = Terms(offering=verdict.offering, pool=request.pool, platform=request.platform, tags=request.tags)
    return {
        "terms": terms.to_document(offered),
        "query": record.of_query(found.query_of(verdict.offering)),
        "why": verdict.why,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    query = answer.query
    return {
        "types": list(query.subject.types),
        "region": query.subject.region,
        "count": query.count,
        "hours": hours(query.subject.duration),
        "message": answer.message,
    }
