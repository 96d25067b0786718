"""What is remembered of a binding, so that it can be undone: a claim on a target, by one run at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core.target import TargetId, TemplateVersion

# Longer than a function may run (template.yaml): a claim as old as this was left behind by a run that ended.
ABANDONED_AFTER = timedelta(minutes=6)


class ClaimState(StrEnum):
    BINDING = "binding"  # a run is at work on it
    UPDATING = "updating"  # EKS is: any run may look whether it has finished
    BOUND = "bound"
    FREEING = "freeing"  # a run is setting it free
    FREE = "free"  # set free again; kept for the template version that the next bind leaves behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The settings of a group before it was bound."""

    template: TemplateVersion | None = None
    subnets: tuple[str, ...] = ()
    maximum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One run's exclusive right to change a target. `made_version` is a template version that we created for it."""

    target: TargetId
    reservation_id: str
    state: ClaimState
    run: str
    at: datetime
    previous: Previous
    made_version: TemplateVersion | None = None
    stale_version: TemplateVersion | None = None  # made for the block before; deleted once the group has left it
    update_id: str | None = None  # of the EKS update that is under way

    def is_held_against(self, run: str, now: datetime) -> bool:
        """Whether another run is at work on it."""
        is_at_work = self.state in {ClaimState.BINDING, ClaimState.FREEING}
        return is_at_work and self.run != run and now - self.at < ABANDONED_AFTER
