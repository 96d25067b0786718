"""A notice laid out for SNS: text for people, facts for programs."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from capacity_blocks.core import mail
from capacity_blocks.core.notice import Notice

OBSERVE_ONLY = "Observe only: nothing was changed."
# PublishInput$Subject: less than 100 characters, without line breaks or control characters.
SUBJECT_LENGTH = 99
# PublishInput$Message: 256 KiB, message attributes included; those are short, and this leaves room for them.
MESSAGE_BYTES = 250 * 1024
SMS_LENGTH = 140
CUT = " [cut]"


def observed(notice: Notice) -> Notice:
    """Return the notice as it reads where this application may only watch."""
    return replace(notice, title=f"Observe only: {notice.title}", text=f"{OBSERVE_ONLY} {notice.text}")


def subject(notice: Notice) -> str:
    """Return one line of ASCII: mail servers have been known to garble more than that."""
    line = f"[{notice.severity.value}] {notice.title}"
    ascii_only = unicodedata.normalize("NFKD", line).encode("ascii", "replace").decode()
    printable = "".join(letter if letter.isprintable() else " " for letter in ascii_only)
    return " ".join(printable.split())[:SUBJECT_LENGTH]


def message(notice: Notice, *, observe_only: bool) -> str:
    """Return the message for each protocol, in JSON; what SNS would refuse as too long is cut."""
    longest = max(len(part) for part in _parts(notice))
    while True:
        text = _for_each_protocol(notice, observe_only=observe_only)
        if len(text.encode()) <= MESSAGE_BYTES or longest == 0:
            return text
        longest //= 2
        notice = _cut(notice, longest)


def facts(notice: Notice, *, observe_only: bool) -> dict[str, object]:
    """Return what programs read; the names are a promise to them."""
    return {
        "key": notice.key,
        "kind": notice.kind,
        "severity": notice.severity.value,
        "pool": notice.pool,
        "region": notice.region,
        "reservation_id": notice.reservation_id,
        "target": notice.target,
        "title": notice.title,
        "text": notice.text,
        "reason": notice.reason,
        "next_step": notice.next_step,
        "thread": notice.thread,
        "facts": dict(notice.facts),
        "choices": [
            {"label": each.label, "value": dict(each.value), "tone": each.tone.value, "confirm": each.confirm}
            for each in notice.choices
        ],
        "observe_only": observe_only,
    }


def _for_each_protocol(notice: Notice, *, observe_only: bool) -> str:
    text = mail.body(notice)
    structured = json.dumps(facts(notice, observe_only=observe_only), ensure_ascii=False)
    return json.dumps(
        {
            "default": text,
            "email": text,
            "sms": subject(notice)[:SMS_LENGTH],
            "lambda": structured,
            "sqs": structured,
            "http": structured,
            "https": structured,
        },
        ensure_ascii=False,
    )


def _parts(notice: Notice) -> Iterator[str]:
    yield from (notice.title, notice.text, notice.next_step)
    yield from (value for _, value in notice.facts)


def _cut(notice: Notice, longest: int) -> Notice:
    return replace(
        notice,
        title=_shortened(notice.title, longest),
        text=_shortened(notice.text, longest),
        next_step=_shortened(notice.next_step, longest),
        facts=tuple((name, _shortened(value, longest)) for name, value in notice.facts[:longest]),
    )


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: max(0, longest - len(CUT))] + CUT
