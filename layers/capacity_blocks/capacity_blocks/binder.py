"""Bind a free target to a block and set it free again, so that a crash at any point is taken up by the next run."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5
from zlib import crc32

from capacity_blocks.core import native, tag
from capacity_blocks.core.action import Bind, Unbind
from capacity_blocks.core.binding import ABANDONED_AFTER, Claim, ClaimState, Previous
from capacity_blocks.core.drain import hook
from capacity_blocks.core.target import Target, TargetKind, TemplateVersion
from capacity_blocks.ports import AwsError, Ledger, Region, UpdateStatus

# A run acts on what it saw at most ABANDONED_AFTER ago, and a claim is dated when its bind began: that long after it,
# whoever acts has seen the target bound.
SETTLED_AFTER = 2 * ABANDONED_AFTER


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
        if found is not None and (held := self._held(found, now)):
            return held
        claim = self._claim(target, action, found, now)
        if not self.ledger.put_claim(claim, replacing=found):
            return "another run was faster"
        is_group = target.id.kind is TargetKind.AUTO_SCALING_GROUP
        try:
            bound = (self._bind_group if is_group else self._bind_node_group)(region, target, action, claim)
        except AwsError as error:
            self._undo(region, target, error)
            raise
        return "EKS is updating it" if bound is None else self._tidied(region, bound)

    def unbind(self, region: Region, target: Target, action: Unbind, now: datetime) -> str:
        """Set an empty target free: our scheduled actions and hook, its old sizes and subnets, the tag, then the claim.

        Its launch template keeps the capacity-block market type: nothing can launch on demand by mistake.
        What this run saw may be minutes old: a target that another run has bound since is left to that one.
        """
        found = self.ledger.claim(target.id)
        if found is not None and (held := self._held(found, now)):
            return held
        fresh = self._fresh(target, action.reservation_id, ClaimState.FREEING, now)
        is_known = found is not None and found.state is not ClaimState.FREE
        claim = replace(fresh, previous=found.previous, made_version=found.made_version) if found is not None else fresh
        if not self.ledger.put_claim(claim, replacing=found):
            return "another run was faster"
        try:
            self._set_free(region, target, claim.previous if is_known else None)
        except AwsError:
            self._let_go(target)
            raise
        self._write(replace(claim, state=ClaimState.FREE), replacing=claim)
        return "free"

    def _set_free(self, region: Region, target: Target, previous: Previous | None) -> None:
        """Restore what is known of the time before; the tag goes last, so that until then it is tried again."""
        match target.id.kind:
            case TargetKind.AUTO_SCALING_GROUP:
                for mine in native.ours(target):
                    region.groups.delete_scheduled_action(target.group, mine.name)
                if target.hook is not None:
                    region.groups.delete_hook(target.group, hook.HOOK)
                    region.groups.remove_tag(target.group, tag.HOOK)
                if previous is not None:
                    region.groups.restore(
                        target.group, subnets=previous.subnets, maximum=previous.maximum, template=None
                    )
                region.groups.remove_tag(target.group, tag.BOUND_TO)
            case TargetKind.NODE_GROUP:
                if previous is not None and target.maximum != previous.maximum:
                    region.node_groups.scale(target.id, minimum=0, maximum=previous.maximum, desired=0)
                region.node_groups.remove_tag(target.id, tag.BOUND_TO)

    def _held(self, claim: Claim, now: datetime) -> str:
        """Return why this run must leave the target alone, if it must."""
        if claim.is_held_against(self.run, now):
            return f"run {claim.run} is at work on it"
        if claim.state is ClaimState.BOUND and now - claim.at < SETTLED_AFTER:
            return f"run {claim.run} has bound it just now"
        return ""

    def _fresh(self, target: Target, reservation_id: str, state: ClaimState, now: datetime) -> Claim:
        previous = Previous(template=_template(target), subnets=target.subnets, maximum=target.maximum)
        return Claim(
            target=target.id, reservation_id=reservation_id, state=state, run=self.run, at=now, previous=previous
        )

    def _claim(self, target: Target, action: Bind, found: Claim | None, now: datetime) -> Claim:
        fresh = self._fresh(target, action.reservation_id, ClaimState.BINDING, now)
        if found is None:
            return fresh
        # Bound or freeing: the run that set it free ended before it could write so; the tag is gone all the same.
        if found.state in {ClaimState.FREE, ClaimState.BOUND, ClaimState.FREEING}:
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
            token = str(uuid5(NAMESPACE_OID, f"{claim.target} {claim.reservation_id} {claim.run} {claim.at}"))
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

    def _undo(self, region: Region, target: Target, error: AwsError) -> None:
        """Roll back what AWS refused; what ended in doubt is left for the next run to go on from."""
        try:
            if error.definite:
                self._roll_back(region, target)
            else:
                self._let_go(target)
        except AwsError as failed:
            words = f"{error}; and it could not be undone: {failed}"
            raise AwsError(error.operation, error.code, words, definite=False) from failed

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
        # Bound again to the same block, a group goes back to the very version that was made for it.
        is_left = made != previous.template and target.id.kind is TargetKind.AUTO_SCALING_GROUP
        if made is not None and is_left:
            region.templates.delete(made)
            made = None  # EKS may hold on to one of a node group: the next bind deletes it
        free = replace(
            claim, state=ClaimState.FREE, made_version=made or claim.stale_version, stale_version=None, update_id=None
        )
        self._write(free, replacing=claim)

    def _let_go(self, target: Target) -> None:
        """Leave a claim for the next run to go on from at once, rather than when this one counts as ended."""
        claim = self.ledger.claim(target.id)
        if claim is not None and claim.run == self.run:
            self.ledger.put_claim(replace(claim, at=claim.at - ABANDONED_AFTER), replacing=claim)

    def _tidied(self, region: Region, bound: Claim) -> str:
        """Delete the version that was made for the block before; a failure leaves one too many, and no harm."""
        if bound.stale_version is None or bound.stale_version == bound.made_version:
            return "bound"
        try:
            region.templates.delete(bound.stale_version)
        except AwsError as error:
            return f"bound; the template version of the block before is left: {error}"
        return "bound"

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
