"""The dry run of a purchase: what would be asked and bought, by whose word, and what speaks against it."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.guard import before_asking
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.purchasing.candidate import Search
from capacity_blocks.purchasing.survey import Survey


def rehearse(survey: Survey, asked: PurchaseRequest, search: Search, execution: str) -> str:
    """Return the words for people. Nothing is written, reserved or sent; what cannot be read is said at the end."""
    request = replace(asked, dry_run=False)
    known, errors = survey.circumstances(request, None)
    if not search.candidates:
        return "\n".join(("Nothing on sale is what was asked for.", search.table, *search.warnings, *errors))
    judged = [(each, each.intent(known, request.request_id, 1)) for each in search.candidates]
    allowed = (pair for pair in judged if not before_asking(known, pair[1]))
    candidate, intent = next(allowed, judged[0])
    notice = notices.dry_run(
        request=request,
        intent=intent,
        settings=known.settings,
        violations=before_asking(known, intent),
        why=candidate.why,
        table=search.table,
        warnings=search.warnings,
        book=known.book,
        execution=execution,
        time_zone=ZoneInfo(request.time_zone),
    )
    return "\n".join((notice.title, "", notice.text, notice.next_step, *errors))
