"""What was published on the topic, as a notice again: our own notices, alarms of CloudWatch, and whatever else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from capacity_blocks.core.notice import Choice, Notice, Severity, Tone

# CloudWatch's states of an alarm. One that has no data may have lost its sight.
ALARM_SEVERITIES = {"ALARM": Severity.CRITICAL, "OK": Severity.INFO, "INSUFFICIENT_DATA": Severity.WARNING}
UNTITLED = "A message without a title"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One message of the topic. `message_id` is SNS's: a message that is delivered twice keeps it."""

    message_id: str
    at: datetime
    notice: Notice
    observe_only: bool = False


def parse(envelope: Mapping[str, Any]) -> Publication:
    """Read a notification as SNS hands it to queues and functions; ValueError where it is none.

    What is in it is never refused: a text that nobody here knows is passed on as it is, since somebody wrote it.
    """
    try:
        message_id, text, at = str(envelope["MessageId"]), str(envelope["Message"]), str(envelope["Timestamp"])
        instant = datetime.fromisoformat(at)
    except (KeyError, TypeError) as missing:
        raise ValueError(f"this is no notification of SNS: {missing}") from missing
    if instant.tzinfo is None:
        raise ValueError(f"{message_id}: its time {at} has no zone")
    document = _document(text)
    return Publication(
        message_id=message_id,
        at=instant,
        notice=_notice(document) or _alarm(document) or _other(message_id, envelope.get("Subject"), text),
        observe_only=document.get("observe_only") is True,
    )


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _notice(document: Mapping[str, Any]) -> Notice | None:
    """Read what `notice_message.facts` wrote; None for anything else."""
    try:
        return Notice(
            key=str(document["key"]),
            kind=str(document["kind"]),
            severity=Severity(document["severity"]),
            title=str(document["title"]),
            text=str(document["text"]),
            reason=str(document.get("reason") or ""),
            next_step=str(document["next_step"]),
            pool=_maybe(document.get("pool")),
            region=_maybe(document.get("region")),
            reservation_id=_maybe(document.get("reservation_id")),
            target=_maybe(document.get("target")),
            thread=str(document.get("thread") or ""),
            facts=tuple((str(name), str(value)) for name, value in document.get("facts", {}).items()),
            choices=tuple(map(_choice, document.get("choices", ()))),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _choice(given: Mapping[str, Any]) -> Choice:
    return Choice(
        label=str(given["label"]),
        value=tuple((str(name), str(value)) for name, value in given["value"].items()),
        tone=Tone(given["tone"]),
        confirm=str(given["confirm"]),
    )


def _maybe(value: object) -> str | None:
    return None if value is None else str(value)


def _alarm(document: Mapping[str, Any]) -> Notice | None:
    """Read an alarm as CloudWatch publishes it ("Notifying users on alarm changes")."""
    try:
        name, state, why = str(document["AlarmName"]), str(document["NewStateValue"]), str(document["NewStateReason"])
        changed = str(document["StateChangeTime"])
    except KeyError:
        return None
    over = state == "OK"
    return Notice(
        key=f"alarm:{name}:{changed}",
        kind="alarm",
        severity=ALARM_SEVERITIES.get(state, Severity.WARNING),
        title=f"{'Over' if over else 'Alarm'}: {name}",
        text=str(document.get("AlarmDescription") or "It has no description."),
        reason=why,
        next_step="Nothing to do." if over else "Do what the description says.",
        thread=f"alarm:{name}",
    )


def _other(message_id: str, subject: object, text: str) -> Notice:
    title = subject if isinstance(subject, str) and subject else UNTITLED
    return Notice(
        key=f"message:{message_id}", kind="message", severity=Severity.INFO, title=title, text=text, next_step=""
    )
