"""What a run tells the one who started it: plain JSON, and lines for the log."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from capacity_blocks.executor import described
from capacity_blocks.reconciler import Report, Step
from capacity_blocks.request import Request


def summary(report: Report, request: Request, mode: str) -> dict[str, Any]:
    """Return the report: counts for a machine's trigger, every block and step for a person's."""
    counts: dict[str, Any] = {
        "mode": mode,
        "now": report.now.isoformat(),
        "look_again_at": report.look_again_at.isoformat() if report.look_again_at else None,
        "errors": list(report.errors),
    }
    if request.trigger != "console":
        return counts | {"blocks": len(report.blocks), "steps": len(report.steps)}
    full = counts | {"blocks": [_plain(b) for b in report.blocks], "steps": list(log_lines(report))}
    full["chains"] = [_plain(chain) for chain in report.chains if chain.links]
    if request.reservation_id is not None and not report.blocks:
        full["note"] = f"{request.reservation_id}: no pool that was looked at holds a block of this id"
    if request.pool is not None and not report.blocks and not report.steps:
        full["note"] = f"{request.pool}: no pool of this name holds a block"
    return full


def log_lines(report: Report) -> Iterator[dict[str, str]]:
    """Return one flat record for each step: one log line a decision."""
    return (_step(step) for step in report.steps)


def _step(step: Step) -> dict[str, str]:
    did = type(step.action).__name__
    return {"region": step.region, "pool": step.pool, "did": did, "outcome": step.outcome, **described(step.action)}


def _plain(value: Any) -> Any:
    """Return a value of the core as JSON knows it."""
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value
