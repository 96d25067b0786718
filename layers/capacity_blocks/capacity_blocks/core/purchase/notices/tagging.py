"""What lacked in the tags of what was bought, and whether it could be added."""

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import canonical
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.notices import command
from capacity_blocks.core.purchase.notices.fact import about, paragraphs
from capacity_blocks.core.words import listed

# Of each reservation, what it lacks.
Lacking = Mapping[str, Mapping[str, str]]


def tags_repaired(*, intent: Intent, repaired: Lacking, execution: str, time_zone: tzinfo = UTC) -> Notice:
    return about(
        intent,
        "tags-repaired",
        key=_mark(repaired),
        severity=Severity.INFO,
        title=f"Tags added to {', '.join(sorted(repaired))}",
        text=f"EC2 did not show these tags of the purchase, so they were added:\n{listed(_each(repaired))}",
        execution=execution,
        time_zone=time_zone,
    )


def tags_not_repaired(
    *, intent: Intent, lacking: Lacking, error: str, execution: str, time_zone: tzinfo = UTC
) -> Notice:
    """Say what lacks and how a person can add it: without the pool's tag no target is bound to the block."""
    region = intent.terms.offering.region
    return about(
        intent,
        "tags-not-repaired",
        key=_mark(lacking),
        severity=Severity.CRITICAL,
        title=f"Tags could not be added to {', '.join(sorted(lacking))}",
        text=paragraphs(
            f"AWS says: {error}",
            f"These lack, and without the tag of the pool nothing is bound to the block:\n{listed(_each(lacking))}",
            "To add them:",
            *(command.add_tags(region, (each,), tags) for each, tags in sorted(lacking.items())),
        ),
        next_step="Run the commands above, or mend what AWS names: it is tried again while the payment is awaited.",
        execution=execution,
        time_zone=time_zone,
    )


def _each(lacking: Lacking) -> Iterable[str]:
    for reservation_id, tags in sorted(lacking.items()):
        for key, value in sorted(tags.items()):
            yield f"{reservation_id}: {key} = {value}"


def _mark(lacking: Lacking) -> str:
    return canonical.digest({each: dict(tags) for each, tags in lacking.items()})[:12]
