"""Label and field selectors, and pages of a list, as the Kubernetes API takes them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.kubernetes.status import RefusedError

# What the API can select each by; anything else is refused (pkg/apis/core/v1/conversion.go).
FIELDS = {
    "nodes": ("metadata.name", "spec.unschedulable"),
    "pods": ("metadata.name", "metadata.namespace", "spec.nodeName", "status.phase"),
}


def selected(resource: str, items: Sequence[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    labels = _equalities(query.get("labelSelector", ""))
    fields = _equalities(query.get("fieldSelector", ""))
    if unknown := [field for field in fields if field not in FIELDS[resource]]:
        message = f"field label not supported: {unknown[0]}"
        raise RefusedError(400, "BadRequest", message)
    return [
        item
        for item in items
        if all(item["metadata"]["labels"].get(key) == value for key, value in labels.items())
        and all(_at(item, path) == value for path, value in fields.items())
    ]


def page(kind: str, items: Sequence[dict[str, Any]], query: Mapping[str, str], version: int) -> dict[str, Any]:
    """Cut one page out of a list; the next is asked for with the token of this."""
    token = query.get("continue")
    begin = json.loads(urlsafe_b64decode(token))["start"] if token else 0
    limit = int(query.get("limit") or 0) or len(items)
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if begin + limit < len(items):
        metadata["continue"] = urlsafe_b64encode(json.dumps({"start": begin + limit}).encode()).decode()
        metadata["remainingItemCount"] = len(items) - begin - limit
    return {"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items[begin : begin + limit]}


def on_node(query: Mapping[str, str]) -> str | None:
    return _equalities(query.get("fieldSelector", "")).get("spec.nodeName")


def _equalities(selector: str) -> dict[str, str]:
    pairs = (each.split("=", 1) for each in selector.replace("==", "=").split(",") if each)
    return {key.strip(): value.strip() for key, value in pairs}


def _at(item: Mapping[str, Any], path: str) -> str:
    value: Any = item
    for part in path.split("."):
        value = value.get(part, "")
    return str(value).lower() if isinstance(value, bool) else str(value)
