"""What every part of a simulated Auto Scaling shares: where it is, its clock, its chances and whom it tells."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from moto.core.exceptions import ServiceException

from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.launch.instances import Instances

from .journal import Journal


class AutoScalingError(ServiceException):
    """Auto Scaling refuses a call: a code of its API and a message."""


def invalid(message: str) -> AutoScalingError:
    return AutoScalingError("ValidationError", message)


class Emit(Protocol):
    """Hand an event to the bus."""

    def __call__(
        self, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str], /
    ) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """One account in one Region."""

    account: str
    region: str
    clock: VirtualClock
    instances: Instances
    rng: random.Random
    assumptions: Assumptions
    emit: Emit
    journal: Journal

    def new_id(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def arn(self, resource: str, service: str = "autoscaling") -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def launch_data(self, template: Mapping[str, str]) -> Any:
        """The version of a launch template that is meant; without a number it is the default one."""
        backend = self.instances.backend
        by_id = template.get("LaunchTemplateId")
        found = (
            backend.get_launch_template(by_id)
            if by_id
            else backend.get_launch_template_by_name(template["LaunchTemplateName"])
        )
        return found.get_version(template.get("Version") or "$Default")
