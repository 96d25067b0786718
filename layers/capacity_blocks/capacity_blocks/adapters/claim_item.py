"""A claim on a target as an item of the ledger's table, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from capacity_blocks.core.binding import Claim, ClaimState, Previous
from capacity_blocks.core.target import TargetId, TemplateVersion

Item = dict[str, Any]  # attribute values in DynamoDB's own notation

# What a claim is compared by. Each is a string, or absent for None: a field that is added later is absent in old items.
COMPARED = ("reservation_id", "state", "run", "at", "made_version", "stale_version", "update_id")


def written(instant: datetime) -> str:
    """Write an instant so that texts sort as instants do, with the zone that `datetime.fromisoformat` wants."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00"


def claim_key(target: TargetId) -> Item:
    return {"kind": {"S": "claim"}, "key": {"S": f"{target.region}#{target.kind.value}#{target}"}}


def item_of(claim: Claim) -> Item:
    compared = {name: {"S": text} for name, text in _compared(claim).items() if text is not None}
    return {**claim_key(claim.target), **compared, "previous": {"M": _previous_item(claim.previous)}}


def claim_of(item: Mapping[str, Any], target: TargetId) -> Claim:
    texts = {name: item[name]["S"] for name in COMPARED if name in item}
    return Claim(
        target=target,
        reservation_id=texts["reservation_id"],
        state=ClaimState(texts["state"]),
        run=texts["run"],
        at=datetime.fromisoformat(texts["at"]),
        previous=_previous(item["previous"]["M"]),
        made_version=_version(texts.get("made_version")),
        stale_version=_version(texts.get("stale_version")),
        update_id=texts.get("update_id"),
    )


def condition(replacing: Claim | None) -> tuple[str, dict[str, str], Item]:
    """Return the condition that the item is still `replacing`, with the names and values in it."""
    if replacing is None:
        return "attribute_not_exists(kind)", {}, {}
    compared = _compared(replacing)
    clauses = [
        f"attribute_not_exists(#{name})" if text is None else f"#{name} = :{name}" for name, text in compared.items()
    ]
    values = {f":{name}": {"S": text} for name, text in compared.items() if text is not None}
    return " AND ".join(clauses), {f"#{name}": name for name in compared}, values


def _compared(claim: Claim) -> dict[str, str | None]:
    return {
        "reservation_id": claim.reservation_id,
        "state": claim.state.value,
        "run": claim.run,
        "at": written(claim.at),
        "made_version": _version_text(claim.made_version),
        "stale_version": _version_text(claim.stale_version),
        "update_id": claim.update_id,
    }


def _previous_item(previous: Previous) -> Item:
    item: Item = {
        "subnets": {"L": [{"S": subnet} for subnet in previous.subnets]},
        "maximum": {"N": str(previous.maximum)},
    }
    text = _version_text(previous.template)
    return item if text is None else {**item, "template": {"S": text}}


def _previous(item: Mapping[str, Any]) -> Previous:
    return Previous(
        template=_version(item["template"]["S"]) if "template" in item else None,
        subnets=tuple(subnet["S"] for subnet in item["subnets"]["L"]),
        maximum=int(item["maximum"]["N"]),
    )


def _version_text(version: TemplateVersion | None) -> str | None:
    return None if version is None else f"{version.template_id}:{version.version}"


def _version(text: str | None) -> TemplateVersion | None:
    if text is None:
        return None
    template_id, version = text.split(":")
    return TemplateVersion(template_id=template_id, version=version)
