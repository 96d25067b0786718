"""What came of a wish for more time before anybody was asked."""

from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo

from capacity_blocks.core.extension.request import HOUR, ExtensionRequest
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.notices.fact import local, paragraphs, reasons, section
from capacity_blocks.core.purchase.notices.link import execution_link, mark
from capacity_blocks.core.purchase.notices.sequel import EXTEND_ANEW
from capacity_blocks.core.purchase.violation import Violation
from capacity_blocks.core.words import when

OLD_END = "the block still ends when it would have ended"


def unasked(
    *,
    request: ExtensionRequest,
    violations: Sequence[Violation] = (),
    found: Iterable[str] = (),
    execution: str,
    time_zone: tzinfo = UTC,
) -> Notice:
    """Say why nobody is asked about more time of a block: what forbids it, or that nothing is on sale; once a run.

    What nobody asked for is tried each hour, so that its runs say the same reasons once.
    """
    of = "; ".join(each.reason for each in violations) if request.automatic else execution
    most = "" if request.most_fee is None else f" for at most {money.shown(request.most_fee)}"
    title = "Not extended" if violations else "No more time on sale"
    return Notice(
        key=f"{request.request_id}:unasked:{mark(of)}",
        kind="extension-unasked",
        severity=Severity.WARNING,
        thread=request.request_id,
        pool=request.pool,
        region=request.region,
        reservation_id=request.reservation_id,
        title=f"{title}: {request.reservation_id} by {request.duration // HOUR} hours",
        text=paragraphs(
            f"It was to be extended by {request.duration // HOUR} hours{most}, beyond {local(request.end, time_zone)}"
            f"{request.why and f' ({request.why})'}.",
            section("Nobody was asked for approval, because:", reasons(violations)),
            section("EC2 has on sale, which is not that:", found),
            "" if violations or found else "EC2 has no such time on sale now: it sells more only where it is free.",
            f"Nothing was bought or reserved: {OLD_END}.",
        ),
        next_step=f"{'Mend what is named. ' if violations else ''}Another duration may be on sale, or a block that "
        f"follows. {EXTEND_ANEW}",
        facts=(
            ("Extends", request.reservation_id),
            ("Ends now", local(request.end, time_zone)),
            ("Request", request.request_id),
            ("Execution", execution_link(execution)),
        ),
    )


def tried_enough(*, request: ExtensionRequest, tries: int, execution: str) -> Notice:
    """Say that a block is not extended any more beyond this end because nothing came of any question."""
    return Notice(
        key=f"{request.request_id}:tried-enough:{tries}",
        kind="extension-tried-enough",
        severity=Severity.WARNING,
        thread=request.request_id,
        pool=request.pool,
        region=request.region,
        reservation_id=request.reservation_id,
        title=f"Gave up extending {request.reservation_id} beyond {when(request.end)}",
        text=f"It was tried {tries} times, and each offer was refused, gone or not answered for. Nothing was bought: "
        f"{OLD_END}.",
        next_step="See in the earlier notices what stood in the way; extend it in the EC2 console if it must be.",
        facts=(("Request", request.request_id), ("Execution", execution_link(execution))),
    )
