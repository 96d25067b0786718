"""What groups name and no file shows: launch templates and subnets, made up from what the group and its blocks say."""

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.demo.account import POOL, SUBNETS, Account, region_of, tags_of
from simulator.demo.document import Document

CAPACITY_BLOCK = "CAPACITY_BLOCK"  # botocore, CapacityTypes of EKS


def fill(account: Account) -> None:
    """Add the launch templates and subnets that are missing, with a note for each."""
    known = {(str(each["LaunchTemplateId"]), int(each["VersionNumber"])) for each in account.versions}
    names = {str(each.get("LaunchTemplateName")): str(each["LaunchTemplateId"]) for each in account.versions}
    for who, pool, template in _named_templates(account):
        template_id = str(template.get("LaunchTemplateId") or names.get(str(template.get("LaunchTemplateName")), ""))
        if not any(known_id == template_id for known_id, _ in known):
            account.versions.append(version := _version(account, who, pool, template))
            known.add((version["LaunchTemplateId"], version["VersionNumber"]))
    have = {str(each["SubnetId"]) for each in account.subnets}
    for who, subnet_id, zone in _named_subnets(account):
        if subnet_id not in have:
            have.add(subnet_id)
            account.subnets.append({"SubnetId": subnet_id, "AvailabilityZone": zone, **_zone_id(account, zone)})
            account.notes.append(f"The subnet {subnet_id} of {who} is in no file: it is taken to be in {zone}.")


def template_of(group: Document) -> Mapping[str, Any]:
    """Return the launch template that a group names, in its mixed instances policy too."""
    mixed: Mapping[str, Any] = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    direct: Mapping[str, Any] = group.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification", {})
    return direct


def _named_templates(account: Account) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for group in account.groups:
        yield str(group["AutoScalingGroupName"]), tags_of(group)[POOL], template_of(group)
    for node_group in account.node_groups:
        if template := node_group.get("launchTemplate"):
            given = {"LaunchTemplateId": template.get("id"), "LaunchTemplateName": template.get("name")}
            version = {"Version": template.get("version")}
            yield str(node_group["nodegroupName"]), node_group["tags"][POOL], given | version


def _version(account: Account, who: str, pool: str, template: Mapping[str, Any]) -> dict[str, Any]:
    """Make up a version that asks for the type of the pool's first block, or of the first block at all."""
    of_pool = [each for each in account.reservations if tags_of(each).get(POOL) == pool]
    block = (of_pool or account.reservations)[0]
    number = str(template.get("Version") or "1")
    name = template.get("LaunchTemplateName") or template.get("LaunchTemplateId") or who
    template_id = template.get("LaunchTemplateId") or f"lt-{sum(map(ord, who)):017x}"
    data: dict[str, Any] = {"InstanceType": block["InstanceType"]}
    if any(each["nodegroupName"] == who and each.get("capacityType") == CAPACITY_BLOCK for each in account.node_groups):
        # EKS makes no such node group without these ("Create a managed node group with Capacity Blocks").
        data["InstanceMarketOptions"] = {"MarketType": "capacity-block"}
        target = {"CapacityReservationId": block["CapacityReservationId"]}
        data["CapacityReservationSpecification"] = {"CapacityReservationTarget": target}
    blocks = "a block of its pool" if of_pool else "the first block"
    account.notes.append(
        f"The launch template {name} is in no file: it is taken to launch {data['InstanceType']}, as {blocks}."
    )
    return {
        "LaunchTemplateId": template_id,
        "LaunchTemplateName": name,
        "VersionNumber": int(number) if number.isdigit() else 1,
        "DefaultVersion": True,
        "LaunchTemplateData": data,
    }


def _named_subnets(account: Account) -> Iterator[tuple[str, str, str]]:
    """Yield who names which subnet, and the zone that it most likely is in: the group's zones, in their order."""
    for group in account.groups:
        who, zones = str(group["AutoScalingGroupName"]), [str(zone) for zone in group["AvailabilityZones"]]
        own = [each for each in str(group.get("VPCZoneIdentifier") or "").replace(" ", "").split(",") if each]
        for place, subnet_id in enumerate(own):
            yield who, subnet_id, zones[place % len(zones)]
        for place, subnet_id in enumerate(tags_of(group).get(SUBNETS, "").split()):
            if subnet_id.startswith("subnet-"):
                yield who, subnet_id, _block_zone(account, zones[place % len(zones)])
    for node_group in account.node_groups:
        region = region_of(str(node_group["nodegroupArn"]).split(":")[3])
        for subnet_id in node_group["subnets"]:
            yield str(node_group["nodegroupName"]), str(subnet_id), _block_zone(account, f"{region}a")


def _zone_id(account: Account, zone: str) -> dict[str, str]:
    """Return the id of a zone as the account's own blocks and subnets have it: it differs between accounts."""
    items = (each for each in (*account.reservations, *account.subnets) if each["AvailabilityZone"] == zone)
    ids = (str(each["AvailabilityZoneId"]) for each in items if "AvailabilityZoneId" in each)
    return {"AvailabilityZoneId": found} if (found := next(ids, None)) is not None else {}


def _block_zone(account: Account, fallback: str) -> str:
    """Return the zone of a block in the same Region, where a subnet for blocks most likely is."""
    zones = (str(each["AvailabilityZone"]) for each in account.reservations)
    return next((zone for zone in zones if region_of(zone) == region_of(fallback)), fallback)
