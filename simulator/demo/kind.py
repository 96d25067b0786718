"""What each describe call of the AWS CLI writes, and what of it is needed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.capacity_blocks import State

_Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A member that an item must have."""

    key: str
    is_right: _Test
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What one describe call writes: its items lie under `key`, as a list or, where there is only one, as they are."""

    key: str
    command: str
    needs: tuple[Need, ...]
    single: bool = False


def _text(pattern: str) -> _Test:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _instant(value: Any) -> bool:
    try:
        return datetime.fromisoformat(str(value)) is not None
    except ValueError:
        return False


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_ZONE = Need(key="AvailabilityZone", is_right=_text(r"[a-z]{2}(-[a-z0-9]+)+"), right='a zone such as "us-east-2a"')
_WHEN = 'an instant such as "2027-03-02T11:30:00+00:00"'
_SIZE = "a number, 0 or more"
_ANYTHING = _text(r"(?s).+")


def _all_needs(*needs: tuple[str, _Test, str]) -> tuple[Need, ...]:
    return tuple(Need(key=key, is_right=is_right, right=right) for key, is_right, right in needs)


KINDS = (
    Kind(
        key="CapacityReservations",
        command="aws ec2 describe-capacity-reservations",
        needs=(
            *_all_needs(
                ("CapacityReservationId", _text(r"cr-\w+"), 'an id such as "cr-0123456789abcdef0"'),
                ("InstanceType", _text(r"[a-z0-9-]+\.\w+"), 'an instance type such as "p5.48xlarge"'),
                ("State", lambda value: value in set(State), f"one of {', '.join(State)}"),
            ),
            _ZONE,
        ),
    ),
    Kind(
        key="CapacityBlocks",
        command="aws ec2 describe-capacity-blocks",
        needs=_all_needs(
            ("CapacityBlockId", _text(r"cb-\w+"), 'an id such as "cb-0123456789abcdef0"'),
            ("CapacityReservationIds", lambda value: isinstance(value, list), "a list of reservation ids"),
        ),
    ),
    Kind(
        key="AutoScalingGroups",
        command="aws autoscaling describe-auto-scaling-groups",
        needs=_all_needs(
            ("AutoScalingGroupName", _ANYTHING, "the group's name"),
            ("MinSize", _number, _SIZE),
            ("MaxSize", _number, _SIZE),
            ("DesiredCapacity", _number, _SIZE),
            ("AvailabilityZones", lambda value: isinstance(value, list) and bool(value), "a list of zones"),
        ),
    ),
    Kind(
        key="LaunchTemplateVersions",
        command="aws ec2 describe-launch-template-versions",
        needs=_all_needs(
            ("LaunchTemplateId", _text(r"lt-\w+"), 'an id such as "lt-0123456789abcdef0"'),
            ("VersionNumber", _number, "the number of the version"),
            ("LaunchTemplateData", lambda value: isinstance(value, dict), "an object"),
        ),
    ),
    Kind(
        key="Subnets",
        command="aws ec2 describe-subnets",
        needs=(*_all_needs(("SubnetId", _text(r"subnet-\w+"), 'an id such as "subnet-0123456789abcdef0"')), _ZONE),
    ),
    Kind(
        key="nodegroup",
        command="aws eks describe-nodegroup",
        single=True,
        needs=_all_needs(
            ("nodegroupName", _ANYTHING, "the node group's name"),
            ("clusterName", _ANYTHING, "the cluster's name"),
            ("nodegroupArn", _text(r"arn:[a-z-]+:eks:.+"), "the node group's ARN"),
            ("scalingConfig", lambda value: isinstance(value, dict), "minSize, desiredSize and maxSize"),
            ("subnets", lambda value: isinstance(value, list) and bool(value), "a list of subnet ids"),
        ),
    ),
)
# A block, and no other reservation, must say these too.
BLOCK_NEEDS = _all_needs(("StartDate", _instant, _WHEN), ("EndDate", _instant, _WHEN))
