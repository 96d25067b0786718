"""An intent and a query as JSON documents, and back: what the ledger keeps and workflows pass on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.purchase import terms as terms_document
from capacity_blocks.core.purchase.approval import Approval, Door
from capacity_blocks.core.purchase.canonical import instant
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.query import Query, Subject

VERSION = 1
SECOND = timedelta(seconds=1)


def of_query(query: Query) -> dict[str, Any]:
    subject = query.subject
    return {
        "region": subject.region,
        "types": list(subject.types),
        "duration_seconds": int(subject.duration / SECOND),
        "by_preference": subject.by_preference,
        "is_ultraserver": subject.is_ultraserver,
        "count": query.count,
        "not_before": None if query.not_before is None else instant(query.not_before),
        "not_after": instant(query.not_after),
    }


def to_query(document: Mapping[str, Any]) -> Query:
    not_before = document["not_before"]
    return Query(
        subject=Subject(
            region=document["region"],
            types=tuple(document["types"]),
            duration=int(document["duration_seconds"]) * SECOND,
            by_preference=document["by_preference"],
            is_ultraserver=document["is_ultraserver"],
        ),
        count=int(document["count"]),
        not_before=None if not_before is None else datetime.fromisoformat(not_before),
        not_after=datetime.fromisoformat(document["not_after"]),
    )


def of_intent(intent: Intent) -> dict[str, Any]:
    asked_as = intent.attempted_offering_id
    # Only where there is one: what was written before it was kept reads on.
    return ({} if asked_as is None else {"attempted_offering_id": asked_as}) | {
        "version": VERSION,
        "request_id": intent.request_id,
        "number": intent.number,
        "terms": terms_document.to_document(intent.terms),
        "query": of_query(intent.query),
        "asked_at": instant(intent.asked_at),
        "expires_at": instant(intent.expires_at),
        "state": intent.state.value,
        "changed_at": instant(intent.changed_at),
        "reason": intent.reason,
        "approvals": [_of_approval(each) for each in intent.approvals],
        "attempted_at": None if intent.attempted_at is None else instant(intent.attempted_at),
        "reservation_ids": list(intent.reservation_ids),
    }


def to_intent(document: Mapping[str, Any]) -> Intent:
    """Read what `of_intent` wrote; ValueError for a document of another version. A state not known reads as such."""
    if document["version"] != VERSION:
        raise ValueError(f"{document['request_id']}: an intent of version {document['version']}, and {VERSION} is read")
    attempted_at = document["attempted_at"]
    return Intent(
        request_id=document["request_id"],
        number=int(document["number"]),
        terms=terms_document.from_document(document["terms"]),
        query=to_query(document["query"]),
        asked_at=datetime.fromisoformat(document["asked_at"]),
        expires_at=datetime.fromisoformat(document["expires_at"]),
        state=IntentState(document["state"]),
        changed_at=datetime.fromisoformat(document["changed_at"]),
        reason=document["reason"],
        approvals=tuple(_to_approval(each) for each in document["approvals"]),
        attempted_at=None if attempted_at is None else datetime.fromisoformat(attempted_at),
        attempted_offering_id=document.get("attempted_offering_id"),
        reservation_ids=tuple(document["reservation_ids"]),
    )


def _of_approval(approval: Approval) -> dict[str, str]:
    return {
        "by": approval.by,
        "door": approval.door.value,
        "at": instant(approval.at),
        "terms_hash": approval.terms_hash,
    }


def _to_approval(document: Mapping[str, str]) -> Approval:
    return Approval(
        by=document["by"],
        door=Door(document["door"]),
        at=datetime.fromisoformat(document["at"]),
        terms_hash=document["terms_hash"],
    )
