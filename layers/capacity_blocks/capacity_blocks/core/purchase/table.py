"""What a search found, as a table for people: each offering with its hours, its fee and what speaks against it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.offering import Offering, Unit
from capacity_blocks.core.purchase.query import Answer, Findings
from capacity_blocks.core.purchase.ranking import ORDER, Ranking, Verdict
from capacity_blocks.core.words import hours

HEADINGS = ("", "offering", "what", "zone", "start", "end", "hours", "usable", "fee", "fee per usable hour", "verdict")


def facts(verdict: Verdict, zone: tzinfo) -> dict[str, str]:
    """Return what people are shown of an offering, by heading; instants in UTC, the start in `zone` as well."""
    offering = verdict.offering
    fee, rate = offering.upfront_fee, offering.fee_per_unit_hour
    unit = "GPU" if offering.unit is Unit.ACCELERATOR else offering.unit.value.removeprefix("usable ").partition("-")[0]
    return {
        "offering": offering.offering_id,
        "what": _what(offering),
        "zone": _zone(offering),
        "start": _start(offering.start, zone),
        "end": f"{offering.end.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "hours": hours(offering.duration),
        "usable": hours(offering.usable_duration),
        "fee": "not known" if fee is None else money.shown(fee, offering.currency),
        "fee per usable hour": "not known" if rate is None else f"{money.shown(rate, offering.currency)} per {unit}",
        "verdict": "may be bought" if verdict.is_kept else "; ".join(each.reason for each in verdict.refusals),
    }


def render(ranking: Ranking, found: Findings, zone: tzinfo) -> str:
    """Lay out a search: offerings best first, then what was sold out, not offered, failed and not asked."""
    return "\n".join((*_offerings(ranking, zone), *_rest(found))) + "\n"


def _offerings(ranking: Ranking, zone: tzinfo) -> Iterator[str]:
    verdicts = (*ranking.kept, *ranking.refused)
    if not verdicts:
        yield "Nothing is on sale."
        return
    places = [str(n) for n in range(1, len(ranking.kept) + 1)] + ["-"] * len(ranking.refused)
    rows = [(place, *facts(verdict, zone).values()) for place, verdict in zip(places, verdicts, strict=True)]
    yield from _aligned([HEADINGS, *rows])
    yield ""
    yield f"Order: {ORDER}."


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _rest(found: Findings) -> Iterator[str]:
    for heading, answers in (
        ("Sold out", found.sold_out),
        ("Not offered there", found.not_offered),
        ("Could not be asked", found.failed),
    ):
        if answers:
            yield f"{heading}: {'; '.join(_answer(each) for each in answers)}."
    if found.left_out:
        left = (f"{' or '.join(e.subject.types)} in {e.subject.region}, {e.reason}" for e in found.left_out)
        yield f"Not asked: {'; '.join(left)}."


def _answer(answer: Answer) -> str:
    subject = answer.query.subject
    what = f"{answer.query.count} {' or '.join(subject.types)} for {hours(subject.duration)} hours in {subject.region}"
    return f"{what} ({answer.message})" if answer.message else what


def _what(offering: Offering) -> str:
    if offering.ultraserver_type is not None:
        return f"{offering.ultraserver_count or 0} x {offering.ultraserver_type}"
    return " + ".join(f"{part.instance_count} x {part.instance_type}" for part in offering.parts)


def _zone(offering: Offering) -> str:
    kinds = {
        f"{face.availability_zone} ({face.zone_type})"
        if face.zone_type not in {None, "availability-zone"}
        else face.availability_zone
        for face in offering.parts
    }
    return " + ".join(sorted(kinds))


def _start(start: datetime, zone: tzinfo) -> str:
    utc = f"{start.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    there = start.astimezone(zone)
    return utc if there.utcoffset() == UTC.utcoffset(there) else f"{utc} = {there:%a %d %b %H:%M %Z}"
