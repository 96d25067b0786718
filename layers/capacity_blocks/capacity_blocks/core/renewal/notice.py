"""What people are told of a renewal without a question: that it began, or why it did not."""

from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices.answer import CHECKED_AGAIN
from capacity_blocks.core.purchase.notices.fact import about, fee, what
from capacity_blocks.core.renewal.decision import NotRenewed
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.words import hours, when

AGAIN = {
    RenewalMode.EXTEND: "If nothing does, it is tried again each hour",
    RenewalMode.BUY_SUCCESSOR: "If nothing is on sale, it is looked for",
}
RENEWED = {RenewalMode.EXTEND: "extended", RenewalMode.BUY_SUCCESSOR: "followed by a new block"}


def begun_key(block: Reservation) -> str:
    return _key(block, "renewal")


def not_renewed_key(block: Reservation) -> str:
    return _key(block, "not-renewed")


def begun(block: Reservation, renewal: Renewal) -> Notice:
    length = f"{hours(renewal.duration)} hours"
    return Notice(
        key=begun_key(block),
        kind="renewal",
        severity=Severity.INFO,
        title=f"{block.reservation_id} is to be {RENEWED[renewal.mode]} without a question",
        text=(
            f"It ends at {when(block.end)}. As the settings of pool {renewal.pool} ask for, it is "
            f"{RENEWED[renewal.mode]} for {length} and at most {money.shown(renewal.most_fee)}: "
            f"{money.canonical(renewal.utilization)} % of it was in use over the last day. "
            "All limits of the pool hold, and what comes of it is told. "
            f"{AGAIN[renewal.mode]} until an hour before the end. Until an extension is paid the old end stands."
        ),
        next_step='To stop it, set "renewal" of the pool to {"mode": "off"} or pull the kill switch.',
        pool=renewal.pool,
        region=block.region,
        reservation_id=block.reservation_id,
        facts=(("Hours", hours(renewal.duration)), ("At most", money.shown(renewal.most_fee))),
    )


def not_renewed(now: datetime, block: Reservation, pool: str, settings: RenewalSettings, verdict: NotRenewed) -> Notice:
    return Notice(
        key=not_renewed_key(block),
        kind="not-renewed",
        severity=Severity.WARNING,
        title=f"{block.reservation_id} is not {RENEWED[settings.mode]} by itself",
        text=(
            f"It ends at {when(block.end)}, and at {when(now)} {verdict.reason}. It is asked again every few minutes "
            "until an hour before the end."
        ),
        next_step="Extend it or buy a block that follows, if it is to go on; its reminders say how.",
        pool=pool,
        region=block.region,
        reservation_id=block.reservation_id,
    )


def renewed_by_settings(*, intent: Intent, why: str, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "approved",
        severity=Severity.INFO,
        title=f"Renewed without a question: {fee(intent.terms)} for {what(intent.terms)}",
        text=(
            f"The section renewal in the settings of pool {intent.terms.pool} lets this fee be spent unasked"
            f"{f': {why}' if why else ''}. {CHECKED_AGAIN}."
        ),
        next_step="To stop it, pull the kill switch at once; to stop the next one, set renewal.mode to off.",
        execution=execution,
        time_zone=time_zone,
        facts=(("Approved by", "nobody: within the section renewal of the pool's settings"),),
    )


def _key(block: Reservation, what: str) -> str:
    return f"{block.reservation_id}:{what}:{block.end.astimezone(UTC):%Y%m%dT%H%MZ}"
