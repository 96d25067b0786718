"""What the steps of a workflow are handed: which request, which intent, on behalf of which execution."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from capacity_blocks.core.extension import request as extension_request
from capacity_blocks.core.extension.request import ExtensionRequest, is_extension
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.reading import shown
from capacity_blocks.core.purchase.request import PurchaseRequest, parse
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow


class StepError(ValueError):
    """The input is none that this function takes; the message names the field, its value and what is allowed."""


class UnknownIntentError(LookupError):
    """No intent of this name was ever recorded."""


def text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise StepError(f"{name} is {shown(value)}; allowed: a text that is not empty")
    return value


def section(event: object, name: str) -> Mapping[str, Any]:
    value = event.get(name) if isinstance(event, Mapping) else None
    if not isinstance(value, Mapping):
        raise StepError(f"{name} is {shown(value)}; allowed: a JSON object")
    return value


def reference(intent: Intent) -> dict[str, Any]:
    """Name an intent for the next step."""
    return {"request_id": intent.request_id, "number": intent.number, "intent_id": intent.intent_id}


def find(ledger: PurchaseLedger, named: Mapping[str, Any]) -> Intent:
    """Return the intent as the ledger has it now. What a step is handed only names it, and decides nothing."""
    request_id, intent_id = text(named, "request_id"), text(named, "intent_id")
    found = next((each for each in ledger.intents(request_id) if each.intent_id == intent_id), None)
    if found is None:
        raise UnknownIntentError(f"{intent_id}: request {request_id} has no such intent")
    return found


def row_of(ledger: PurchaseLedger, request_id: str) -> RequestRow:
    """Return a request as it was claimed, or raise StepError. The workflow's own copy of it is not asked."""
    row = ledger.request(request_id)
    if row is None:
        raise StepError(f"request_id is {shown(request_id)}; allowed: one that a workflow has opened")
    return row


def claimed(ledger: PurchaseLedger, request_id: str) -> tuple[RequestRow, PurchaseRequest]:
    """Return a request for blocks, with its row."""
    row = row_of(ledger, request_id)
    return row, parse(row.document)


def claimed_extension(ledger: PurchaseLedger, request_id: str) -> tuple[RequestRow, ExtensionRequest]:
    """Return a request for more time of a block, with its row."""
    row = row_of(ledger, request_id)
    return row, extension_request.from_document(row.document)


def looks_until(row: RequestRow) -> datetime | None:
    """Return until when a request keeps looking; None for one that does not, as for more time."""
    return None if is_extension(row.document) else parse(row.document).look_until


def time_zone(row: RequestRow) -> tzinfo:
    """Return the time zone of those who read what becomes of a request."""
    return UTC if is_extension(row.document) else ZoneInfo(parse(row.document).time_zone)
