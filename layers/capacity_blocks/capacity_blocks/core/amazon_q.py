"""A notice for Amazon Q Developer in chat applications: its schema for custom notifications."""

import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.passage import passages
from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack.text import MARKS, cut, localised

# "Custom notifications using Amazon Q Developer in chat applications", event schema.
VERSION, SOURCE, TEXT_TYPE = "1.0", "custom", "client-markdown"
# Assumed: the page gives no lengths. A description as long as Slack takes in two sections is read to its end nowhere.
TITLE, DESCRIPTION, STEP, SUMMARY, CONTEXT = 250, 5000, 1000, 250, 1000
THREAD, NAME = 250, 100
MOST_FACTS = 20
_CALL = re.compile("<(?=[!@#])")


def notification(publication: Publication, zone: tzinfo) -> dict[str, Any]:
    """Return the document. What is about a block, or about a purchase, is one thread, if the channel allows threads."""
    notice = publication.notice
    about = notice.reservation_id or notice.thread
    return {
        "version": VERSION,
        "source": SOURCE,
        "id": publication.message_id,
        "content": {
            "textType": TEXT_TYPE,
            "title": cut(f"{MARKS[notice.severity]}{_text(notice.title, zone)}", TITLE),
            "description": cut(_text(_description(notice), zone), DESCRIPTION),
            "nextSteps": [cut(_text(notice.next_step, zone), STEP)] if notice.next_step else [],
            "keywords": [word for word in (notice.kind, notice.severity.value, notice.pool) if word],
        },
        "metadata": {
            **({"threadId": about[:THREAD]} if about else {}),
            "summary": cut(_harmless(notice.title), SUMMARY),
            "eventType": notice.kind,
            "relatedResources": [each for each in (notice.reservation_id, notice.target) if each],
            "additionalContext": dict(_context(notice, zone)),
        },
    }


def _description(notice: Notice) -> str:
    """Write the text, with commands as code, so that they can be copied as they are."""
    parts = (f"```\n{part.text}\n```" if part.is_command else part.text for part in passages(notice.text))
    return "\n".join(parts) or notice.title


def _context(notice: Notice, zone: tzinfo) -> Iterator[tuple[str, str]]:
    yield "severity", notice.severity.value
    named = (("pool", notice.pool), ("region", notice.region), ("because", notice.reason), *notice.facts[:MOST_FACTS])
    for name, value in named:
        if value:
            yield _harmless(name)[:NAME], cut(_text(value, zone), CONTEXT)


def _text(text: str, zone: tzinfo) -> str:
    return localised(_harmless(text), zone)


def _harmless(text: str) -> str:
    """Break what Slack would read as a call for people. Teams shows an escape as it is: it is none."""
    return _CALL.sub("<\N{ZERO WIDTH SPACE}", text)
