"""Text as Slack takes it: escaped, cut, and with the hours of the team's clock beside UTC."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo

from capacity_blocks.core.notice import Severity

CUT = "…"
MARKS = {Severity.INFO: "", Severity.WARNING: ":warning: ", Severity.CRITICAL: ":rotating_light: "}
# How every notice writes an instant. What says a local time already is left as it is.
_INSTANT = re.compile(r"\b(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) UTC\b(?! =)", re.ASCII)


def escaped(text: str) -> str:
    """Write the three characters that Slack reads as its own; whatever a name holds then calls nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)].rstrip() + CUT


def escaped_cut(text: str, most: int) -> str:
    """Escape and cut so that no escape is cut in two."""
    whole = escaped(text)
    if len(whole) <= most:
        return whole
    kept = whole[: most - len(CUT)]
    amp = kept.rfind("&")
    if amp >= 0 and ";" not in kept[amp:]:
        kept = kept[:amp]
    return kept.rstrip() + CUT


def pages(lines: Iterable[str], most: int) -> Iterator[str]:
    """Join lines to as few texts as they fit into. None of the lines may be longer than that itself."""
    page = ""
    for line in lines:
        if page and len(page) + 1 + len(line) > most:
            yield page
            page = ""
        page = f"{page}\n{line}" if page else line
    if page.strip():
        yield page


def localised(text: str, zone: tzinfo) -> str:
    """Write the team's time behind each instant in UTC: 2027-03-21 11:30 UTC (Sun 12:30 CET)."""

    def beside(found: re.Match[str]) -> str:
        try:
            there = datetime.fromisoformat(f"{found[1]}+00:00").astimezone(zone)
        except (ValueError, OverflowError):  # a day that no calendar has, or the end of all of them
            return found[0]
        same = there.utcoffset() == UTC.utcoffset(None)
        return found[0] if same else f"{found[0]} ({there:%a %H:%M %Z})"

    return _INSTANT.sub(beside, text)
