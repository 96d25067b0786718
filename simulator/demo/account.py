"""What somebody's account holds, gathered from several files, with what they leave open made up and said so."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from simulator.demo.document import Document, DocumentError, read

POOL = "capacity-blocks:pool"
SUBNETS = "capacity-blocks:subnets"
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(slots=True, kw_only=True)
class Account:
    """The items of all files, as AWS shows them. `notes` says what was left out or made up."""

    reservations: list[Document] = field(default_factory=list)
    blocks: list[Document] = field(default_factory=list)
    groups: list[Document] = field(default_factory=list)
    versions: list[Document] = field(default_factory=list)
    subnets: list[Document] = field(default_factory=list)
    node_groups: list[Document] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of blocks and groups; the one with most of them comes first."""
        zones = [str(each["AvailabilityZone"]) for each in self.reservations]
        zones += [str(each["AvailabilityZones"][0]) for each in self.groups]
        zones += [str(each["nodegroupArn"]).split(":")[3] for each in self.node_groups]
        return tuple(region for region, _ in Counter(map(region_of, zones)).most_common())

    @property
    def last_end(self) -> datetime:
        return max(instant(each["EndDate"]) for each in self.reservations)


def gather(paths: Iterable[Path], now: datetime) -> Account:
    """Read all files into one account; raise DocumentError when there is nothing in them to be played after `now`."""
    paths = tuple(paths)
    items: dict[str, list[Document]] = {}
    for path in paths:
        key, found = read(path)
        items.setdefault(key, []).extend(found)
    items = _ours(items)
    account = Account(
        blocks=items.get("CapacityBlocks", []),
        versions=items.get("LaunchTemplateVersions", []),
        subnets=items.get("Subnets", []),
    )
    _take_blocks(account, items.get("CapacityReservations", []), now)
    _take_groups(account, items.get("AutoScalingGroups", []), items.get("nodegroup", []))
    if not account.reservations:
        names = ", ".join(str(path) for path in paths)
        raise DocumentError(
            f"{names}: no CapacityReservations with ReservationType capacity-block that ends after "
            f"{now:%Y-%m-%d %H:%M} UTC; right: the output of aws ec2 describe-capacity-reservations, or --from DATE"
        )
    return account


def tags_of(item: Document) -> dict[str, str]:
    tags = item.get("Tags") or ()
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags}


def region_of(zone: str) -> str:
    """Return the Region of a zone, of Local Zones too; a Region is its own."""
    found = _REGION.match(zone)
    if found is None:
        raise DocumentError(f"{zone!r} is no Availability Zone; right: one such as us-east-2a")
    return found[0]


def instant(value: Any) -> datetime:
    parsed = datetime.fromisoformat(str(value))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _take_blocks(account: Account, reservations: Sequence[Document], now: datetime) -> None:
    blocks = [each for each in reservations if each.get("ReservationType") == "capacity-block"]
    account.reservations = [each for each in blocks if instant(each["EndDate"]) > now]
    if others := len(reservations) - len(blocks):
        account.notes.append(f"Left out, as they are no Capacity Blocks: {others} reservations.")
    if over := len(blocks) - len(account.reservations):
        account.notes.append(f"Left out, as they ended before {now:%Y-%m-%d %H:%M} UTC: {over} blocks.")
    if len({each["CapacityReservationId"] for each in account.reservations}) < len(account.reservations):
        raise DocumentError("a CapacityReservationId comes twice; right: each block in one file, once")


def _take_groups(account: Account, groups: Sequence[Document], node_groups: Sequence[Document]) -> None:
    tagged = [each for each in groups if POOL in tags_of(each)]
    account.groups = [each for each in tagged if _launches_from_template(each)]
    account.node_groups = [each for each in node_groups if POOL in (each.get("tags") or {})]
    behind = sum("eks:nodegroup-name" in tags_of(each) for each in groups)
    if others := len(groups) - len(tagged) - behind + len(node_groups) - len(account.node_groups):
        account.notes.append(f"Left out, as they have no tag {POOL}: {others} groups.")
    for each in tagged:
        if each not in account.groups:
            account.notes.append(f"Left out, as it has no launch template: {each['AutoScalingGroupName']}.")
    if not account.groups and not account.node_groups:
        account.notes.append(f"No group carries the tag {POOL}: nothing can serve the blocks.")


def _launches_from_template(group: Document) -> bool:
    return bool(group.get("LaunchTemplate") or group.get("MixedInstancesPolicy"))


def _ours(items: Mapping[str, list[Document]]) -> dict[str, list[Document]]:
    """Read the documents as if the local AWS's account were theirs: what others own stays theirs."""
    text = json.dumps(items)
    owner = next((found for items_of in _OWNERS if (found := _owner(items.get(items_of[0], []), items_of[1]))), None)
    ours: dict[str, list[Document]] = json.loads(text.replace(owner, DEFAULT_ACCOUNT_ID) if owner else text)
    return ours


# Where an account's own number stands: a reservation may be another account's, shared through RAM.
_OWNERS = (
    ("AutoScalingGroups", "AutoScalingGroupARN"),
    ("nodegroup", "nodegroupArn"),
    ("LaunchTemplateVersions", "CreatedBy"),
    ("CapacityReservations", "OwnerId"),
)


def _owner(items: Sequence[Document], key: str) -> str | None:
    numbers = [found[0] for each in items if (found := _ACCOUNT.search(str(each.get(key, ""))))]
    return Counter(numbers).most_common(1)[0][0] if numbers else None
