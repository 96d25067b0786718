"""The rows of the application's ledger, as an administrator reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.world import World


def rows(world: World, kind: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the rows of a kind: what comes behind its #, the key, and the row."""
    pages = world.client("dynamodb").get_paginator("scan").paginate(TableName=world.physical_id("Ledger"))
    for item in (item for page in pages for item in page["Items"]):
        name, _, of = item["kind"]["S"].partition("#")
        if name == kind:
            yield of, item["key"]["S"], item


def line(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a line of a history."""
    return {name: value["S"] for name, value in row["line"]["M"].items()}
