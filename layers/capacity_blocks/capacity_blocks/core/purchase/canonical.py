"""One way to write a value, so that the same thing always has the same hash."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def text(document: Mapping[str, Any]) -> str:
    """Write a JSON document in the one way that is the same for the same document."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(document: Mapping[str, Any]) -> str:
    """Hash a JSON document: the order of keys, spaces and encodings make no difference."""
    return sha256(text(document).encode("ascii")).hexdigest()


def instant(value: datetime) -> str:
    """Write an instant in UTC, to the microsecond only where it has any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
