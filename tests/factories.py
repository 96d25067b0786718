"""What tests are made of: whole values with sound defaults, of which a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any

from capacity_blocks.core import tag
from capacity_blocks.core.group import Group
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.core.target import Details, LaunchTemplate, Subnet, Target, TargetId, TemplateVersion

REGION = "us-east-2"
ACCOUNT = "123456789012"


def at(text: str) -> datetime:
    """Return the instant that `text` (such as 2026-03-01T11:30) is in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


START = at("2026-03-01T11:30")
END = at("2026-03-02T11:30")

SUBNET = Subnet(subnet_id="subnet-a", availability_zone="us-east-2a", availability_zone_id="use2-az1")
TEMPLATE = TemplateVersion(template_id="lt-0a", version="1")


def a_reservation(**changes: Any) -> Reservation:
    """Return a paid block of 8 for a day, in pool `training`, that has not started."""
    given: dict[str, Any] = {
        "reservation_id": "cr-0a",
        "region": REGION,
        "instance_type": "p5.48xlarge",
        "instance_count": 8,
        "state": ReservationState.SCHEDULED,
        "start": START,
        "end": END,
        "availability_zone": "us-east-2a",
        "availability_zone_id": "use2-az1",
        "tags": {tag.POOL: "training"},
    }
    return Reservation(**(given | changes))


def a_target(name: str = "train", **changes: Any) -> Target:
    """Return an empty, free group of pool `training`."""
    given: dict[str, Any] = {
        "id": TargetId(region=REGION, name=name),
        "pool": "training",
        "group": name,
        "maximum": 8,
        "subnets": ("subnet-a",),
        "template": TEMPLATE,
    }
    return Target(**(given | changes))


def a_node_group(name: str = "gpu", **changes: Any) -> Target:
    """Return an empty, free managed node group of pool `training`."""
    given: dict[str, Any] = {"id": TargetId(region=REGION, name=name, cluster="ml"), "group": f"eks-{name}"}
    return a_target(name, **(given | changes))


def a_group(name: str = "train", **changes: Any) -> Group:
    """Return the Auto Scaling group behind `a_target()`."""
    given: dict[str, Any] = {
        "name": name,
        "region": REGION,
        "tags": {tag.POOL: "training"},
        "maximum": 8,
        "subnets": ("subnet-a",),
        "template": TEMPLATE,
    }
    return Group(**(given | changes))


def a_launch_template(**changes: Any) -> LaunchTemplate:
    """Return a template that fits `a_reservation()`."""
    given: dict[str, Any] = {
        "template_id": TEMPLATE.template_id,
        "version": TEMPLATE.version,
        "instance_type": "p5.48xlarge",
        "platform": "Linux/UNIX",
    }
    return LaunchTemplate(**(given | changes))


def some_details(**changes: Any) -> Details:
    """Return details of a target that fits `a_reservation()`."""
    given: dict[str, Any] = {"template": a_launch_template(), "subnets": (SUBNET,)}
    return Details(**(given | changes))


def a_notice(**changes: Any) -> Notice:
    given: dict[str, Any] = {
        "key": "cr-0a:train:scaled-out",
        "kind": "scaled-out",
        "severity": Severity.INFO,
        "title": "train is scaled out to 8 on cr-0a",
        "text": "EC2 says that the block is active.",
        "pool": "training",
        "region": REGION,
        "reservation_id": "cr-0a",
        "target": "train",
    }
    return Notice(**(given | changes))
