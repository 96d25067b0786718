"""Refusals of the Kubernetes API, as the Status objects that it sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    code: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """Raised where a request is refused; the server sends its `answer`."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        told = dict(details or {}) | ({"retryAfterSeconds": retry_after} if retry_after else {})
        self.answer = Answer(
            code=code,
            body=status("Failure", code, message=message, reason=reason, details=told),
            # Without seconds there is no header either (responsewriters/writers.go).
            headers={"Retry-After": str(retry_after)} if retry_after else {},
        )


def status(
    outcome: str, code: int, *, message: str = "", reason: str = "", details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    said = {"message": message, "reason": reason, "details": details}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": outcome,
        **{key: value for key, value in said.items() if value},
        "code": code,
    }


def not_found(resource: str, name: str, group: str = "") -> RefusedError:
    details = {"name": name, "kind": resource} | ({"group": group} if group else {})
    return RefusedError(404, "NotFound", f'{resource} "{name}" not found', details=details)


def conflict(resource: str, name: str, message: str) -> RefusedError:
    text = f'Operation cannot be fulfilled on {resource} "{name}": {message}'
    return RefusedError(409, "Conflict", text, details={"name": name, "kind": resource})


def budget_refusal(message: str, *, retry_after: int = 0) -> RefusedError:
    return RefusedError(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        details={"causes": [{"reason": "DisruptionBudget", "message": message}]},
        retry_after=retry_after,
    )
