"""Bind a free target to a block and set it free again, so that a crash at any point is taken up by the next run."""

from dataclasses import dataclass, replace
from datetime import datetime
from zlib import crc32

from capacity_blocks.core import native, tag
from capacity_blocks.core.action import Bind, Unbind
from capacity_blocks.core.binding import Claim, ClaimState, Previous
from capacity_blocks.core.target import Target, TargetKind, TemplateVersion
from capacity_blocks.ports import AwsError, Ledger, Region, UpdateStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Binder:
    """`run` names this invocation: of two at work at once, one changes a target."""

    ledger: Ledger
    run: str

    def bind(self, region: Region, target: Target, action: Bind, now: datetime) -> str:
        """Bind, and return how it stands in a word for the log.

        The claim is written first, with the settings to go back to. What AWS refuses is rolled back and raised;
        what ends in doubt is left as it is, and the next run goes on from the claim.
        """
        found = self.ledger.claim(target.id)
        if found is not None and found.is_held_against(self.run, now):
            return f"run {found.run} is at work on it"
        claim = self._claim(target, action, found, now)
        if not self.ledger.put_claim(claim, replacing=found):
            return "another run was faster"
        is_group = target.id.kind is TargetKind.AUTO_SCALING_GROUP
        try:
            bound = (self._bind_group if is_group else self._bind_node_group)(region, target, action, claim)
        except AwsError as error:
            if error.definite:
                self._roll_back(region, target)
            raise
        if bound is None:
            return "EKS is updating it"
        if bound.stale_version is not None and bound.stale_version != bound.made_version:
            region.templates.delete(bound.stale_version)
        return "bound"

    def unbind(self, region: Region, target: Target, action: Unbind) -> str:
        """Set an empty target free: our scheduled actions, its old sizes and subnets, the tag, then the claim.

        Its launch template keeps the capacity-block market type: nothing can launch on demand by mistake.
        """
        claim = self.ledger.claim(target.id)
        if claim is not None and claim.reservation_id != action.reservation_id:
            claim = None
        match target.id.kind:
            case TargetKind.AUTO_SCALING_GROUP:
                for mine in native.ours(target):
                    region.groups.delete_scheduled_action(target.group, mine.name)
                if claim is not None:
                    previous = claim.previous
                    region.groups.restore(
                        target.group, subnets=previous.subnets, maximum=previous.maximum, template=None
                    )
                region.groups.remove_tag(target.group, tag.BOUND_TO)
            case TargetKind.NODE_GROUP:
                if claim is not None and target.maximum != claim.previous.maximum:
                    region.node_groups.scale(target.id, minimum=0, maximum=claim.previous.maximum, desired=0)
                region.node_groups.remove_tag(target.id, tag.BOUND_TO)
        if claim is not None:
            self.ledger.put_claim(replace(claim, state=ClaimState.FREE, update_id=None), replacing=claim)
        return "free"

    def _claim(self, target: Target, action: Bind, found: Claim | None, now: datetime) -> Claim:
        fresh = Claim(
            target=target.id,
            reservation_id=action.reservation_id,
            state=ClaimState.BINDING,
            run=self.run,
            at=now,
            previous=Previous(
                template=_template(target),
                subnets=target.subnets,
                maximum=target.maximum,
            ),
        )
        if found is None:
            return fresh
        if found.state in {ClaimState.FREE, ClaimState.BOUND}:  # bound: the run that unbound it ended before this
            return replace(fresh, stale_version=found.made_version)
        # A run was cut short: the group may be half changed, and only its claim knows what it was before.
        if found.reservation_id == action.reservation_id:
            return replace(found, state=ClaimState.BINDING, run=self.run, at=now)
        return replace(fresh, previous=found.previous, stale_version=found.made_version or found.stale_version)

    def _bind_group(self, region: Region, target: Target, action: Bind, claim: Claim) -> Claim | None:
        claim, version = self._make_version(region, claim)
        region.groups.point(target.group, version, action.subnets)
        region.groups.set_tag(target.group, tag.BOUND_TO, action.reservation_id)
        return self._write(replace(claim, state=ClaimState.BOUND), replacing=claim)

    def _bind_node_group(self, region: Region, target: Target, action: Bind, claim: Claim) -> Claim | None:
        """Bind in two steps: EKS moves a node group to a template version in its own time. None: not done yet."""
        claim, version = self._make_version(region, claim)
        current = region.node_groups.describe(target.id).template
        if claim.update_id is None and current != version:
            token = f"{claim.run}-{claim.reservation_id}"
            update_id = region.node_groups.update_version(target.id, version, token)
            self._write(replace(claim, state=ClaimState.UPDATING, update_id=update_id), replacing=claim)
            return None
        if claim.update_id is not None:
            status, words = region.node_groups.update_status(target.id, claim.update_id)
            match status:
                case UpdateStatus.IN_PROGRESS | UpdateStatus.OTHER:
                    self._write(replace(claim, state=ClaimState.UPDATING), replacing=claim)
                    return None
                case UpdateStatus.FAILED | UpdateStatus.CANCELLED:
                    raise AwsError("UpdateNodegroupVersion", status.value, words, definite=True)
                case UpdateStatus.SUCCESSFUL:
                    pass
        region.node_groups.set_tag(target.id, tag.BOUND_TO, action.reservation_id)
        return self._write(replace(claim, state=ClaimState.BOUND, update_id=None), replacing=claim)

    def _make_version(self, region: Region, claim: Claim) -> tuple[Claim, TemplateVersion]:
        if claim.made_version is not None:
            return claim, claim.made_version
        if claim.previous.template is None:
            raise AwsError("CreateLaunchTemplateVersion", "NoLaunchTemplate", "the group has none", definite=True)
        token = f"capacity-blocks-{crc32(str(claim.target).encode()):08x}-{claim.reservation_id}"
        version = region.templates.version_for(claim.previous.template, claim.reservation_id, token)
        made = replace(claim, made_version=version)
        self._write(made, replacing=claim)
        return made, version

    def _roll_back(self, region: Region, target: Target) -> None:
        """Give a target the settings back that it had, then the claim; what was made for it is deleted."""
        claim = self.ledger.claim(target.id)
        if claim is None or claim.run != self.run:
            return
        previous = claim.previous
        if target.id.kind is TargetKind.AUTO_SCALING_GROUP:
            region.groups.remove_tag(target.group, tag.BOUND_TO)
            region.groups.restore(
                target.group, subnets=previous.subnets, maximum=previous.maximum, template=previous.template
            )
        made = claim.made_version
        if made is not None and target.id.kind is TargetKind.AUTO_SCALING_GROUP:
            region.templates.delete(made)
            made = None  # EKS may hold on to one of a node group: the next bind deletes it
        free = replace(
            claim, state=ClaimState.FREE, made_version=made or claim.stale_version, stale_version=None, update_id=None
        )
        self._write(free, replacing=claim)

    def _write(self, claim: Claim, replacing: Claim) -> Claim:
        if not self.ledger.put_claim(claim, replacing=replacing):
            raise ClaimLostError(f"{claim.target}: another run took over the claim")
        return claim


def _template(target: Target) -> TemplateVersion | None:
    """Return the template that a target launches from, as the group names it; EKS names its own in the details."""
    if target.id.kind is TargetKind.AUTO_SCALING_GROUP:
        return target.template
    found = target.details.template if target.details is not None else None
    return TemplateVersion(template_id=found.template_id, version=found.version) if found is not None else None


class ClaimLostError(Exception):
    """Another run took over a target after this one was held up for minutes: this one must not touch it any more."""
