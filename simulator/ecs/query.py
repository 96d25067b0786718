"""The part of the cluster query language that finds container instances by their EC2 instance."""

import re
from collections.abc import Callable

from .container_instance import ContainerInstance

_EXPRESSION = re.compile(r"^\s*(?P<subject>\w+)\s*(?P<operator>==|!=|in|!in)\s*(?P<values>.+?)\s*$")


def matching(expression: str | None) -> Callable[[ContainerInstance], bool]:
    """Read "subject operator argument" ("Cluster query language"); what else it knows is not simulated, so refused."""
    if not expression:
        return lambda _: True
    found = _EXPRESSION.match(expression)
    if found is None or found["subject"] != "ec2InstanceId":
        raise NotImplementedError(f"the local AWS finds container instances by ec2InstanceId, not by {expression!r}")
    values = {value.strip() for value in found["values"].strip("[]").split(",")}
    wanted = not found["operator"].startswith("!")
    return lambda one: (one.instance_id in values) is wanted
