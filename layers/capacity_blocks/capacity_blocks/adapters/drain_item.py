"""What is remembered of a drain as an item of the ledger's table, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from capacity_blocks.adapters.claim_item import Item, written
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Verdict

TEXTS = ("reservation_id", "instance_id", "region", "group", "pool", "run")
LISTS = ("reasons", "evicted", "stuck")
FLAGS = ("interrupted", "told")
MAYBE_INSTANTS = ("deadline", "ended", "termination")
OUTSIDE = "none"  # stands for the block of an instance that is in none: a key may not be empty


def drain_kind(reservation_id: str) -> str:
    return f"drain#{reservation_id or OUTSIDE}"


def drain_key(reservation_id: str, instance_id: str) -> Item:
    return {"kind": {"S": drain_kind(reservation_id)}, "key": {"S": instance_id}}


def item_of(record: DrainRecord) -> Item:
    item: Item = {
        **drain_key(record.reservation_id, record.instance_id),
        **{name: {"S": getattr(record, name)} for name in TEXTS},
        **{name: {"L": [{"S": text} for text in getattr(record, name)]} for name in LISTS},
        **{name: {"BOOL": getattr(record, name)} for name in FLAGS},
        "until": {"S": written(record.until)},
        "started": {"S": written(record.started)},
        "verdict": {"S": record.verdict.value},
    }
    for name in MAYBE_INSTANTS:
        if (instant := getattr(record, name)) is not None:
            item[name] = {"S": written(instant)}
    return item


def record_of(item: Mapping[str, Any]) -> DrainRecord:
    """Read it. What a later version has added is not looked at, what it has left out is as if never set."""
    given: dict[str, Any] = {name: item[name]["S"] for name in TEXTS}
    given |= {name: tuple(text["S"] for text in item[name]["L"]) for name in LISTS if name in item}
    given |= {name: item[name]["BOOL"] for name in FLAGS if name in item}
    given |= {name: datetime.fromisoformat(item[name]["S"]) for name in MAYBE_INSTANTS if name in item}
    return DrainRecord(
        **given,
        until=datetime.fromisoformat(item["until"]["S"]),
        started=datetime.fromisoformat(item["started"]["S"]),
        verdict=Verdict(item["verdict"]["S"]),
    )
