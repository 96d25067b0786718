"""Observe, plan, act: the imperative shell around the core."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from capacity_blocks.core import wording
from capacity_blocks.core.action import (
    Action,
    CheckNodes,
    DeleteHook,
    PutHook,
    ResumeLaunch,
    Say,
    Scale,
    StartDrain,
    Unprotect,
    WarnNodes,
)
from capacity_blocks.core.planner import Plan, plan, plan_unclaimed
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.status import BlockStatus, ChainStatus, chain_status, statuses
from capacity_blocks.core.target import TargetId
from capacity_blocks.drain_ports import DrainLedger
from capacity_blocks.executor import Executor, Speaker
from capacity_blocks.observer import Observation, observe
from capacity_blocks.pool_settings import policies
from capacity_blocks.ports import AwsError, Clock, Ledger, PoolSettings, Region
from capacity_blocks.request import Request

CLEARS_THE_WAY = (ResumeLaunch, Unprotect, PutHook)
OF_SINGLE_NODES = (CheckNodes, DeleteHook, StartDrain, WarnNodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action of a plan, and what came of it."""

    region: str
    pool: str
    action: Action
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one reconcile saw and did. `errors` are in plain words; what they name was left as it was."""

    now: datetime
    blocks: tuple[BlockStatus, ...] = ()
    chains: tuple[ChainStatus, ...] = ()
    steps: tuple[Step, ...] = ()
    errors: tuple[str, ...] = ()
    look_again_at: datetime | None = None

    def with_error(self, error: str) -> "Report":
        return replace(self, errors=(*self.errors, error))

    def followed_by(self, later: "Report") -> "Report":
        """Return one report of both: how things stand now, and all that was done and went wrong."""
        return replace(later, steps=self.steps + later.steps, errors=self.errors + later.errors)


@dataclass
class PolicyReader:
    """Reads the pools' settings, and remembers them for a time when they cannot be read."""

    source: PoolSettings
    default: Policy
    _last: Mapping[str, Policy] | None = None

    def read(self) -> tuple[Mapping[str, Policy], Policy, str | None]:
        """Return the policies by pool, the one of every other pool, and what went wrong.

        Settings that were never read may say anything: until they are, all pools count as broken.
        """
        try:
            self._last = policies(self.source.texts(), self.default)
        except AwsError as error:
            if self._last is None:
                broken = replace(self.default, broken="its settings could not be read", unread=True)
                return {}, broken, f"the settings of the pools could not be read: {error}"
            return self._last, self.default, f"the settings of the pools could not be read again: {error}"
        return self._last, self.default, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An action that is to be carried out, and where."""

    region: Region
    pool: Pool
    action: Action

    def is_kept_back(self, failed: Collection[tuple[TargetId, type[Action]]]) -> bool:
        """Whether what failed before on the same target stands in its way.

        After a failure the rest of that target is left for the next run. What only clears the way may fail, and what
        is done for the work of a node: one instance that stays protected must not keep up all the others, and no drain
        that could not be started a deadline. Words wait for the sizes that they tell of.
        """
        if isinstance(self.action, Say):
            return (self.action.of, Scale) in failed
        may_fail = (*CLEARS_THE_WAY, *OF_SINGLE_NODES)
        return any(self.action.target == target and kind not in may_fail for target, kind in failed)


@dataclass(slots=True, kw_only=True)
class Progress:
    """What one reconcile has come to so far."""

    blocks: list[BlockStatus] = field(default_factory=list)
    chains: list[ChainStatus] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)
    troubles: list[tuple[str, str]] = field(default_factory=list)  # region, what
    failed: set[tuple[TargetId, type[Action]]] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """One run over all regions. What fails in one place is collected; the rest is done all the same."""

    clock: Clock
    regions: Sequence[Region]
    policy_reader: PolicyReader
    ledger: Ledger
    drains: DrainLedger
    executor: Executor
    speaker: Speaker | None  # None: a dry run says nothing

    def reconcile(self, request: Request) -> Report:
        """Bring every target in line with its block, or say why not.

        In each region sizes come first, then what takes longer; words come last of all.
        """
        began_at, progress, words = self.clock.now(), Progress(), list[Deed]()
        by_pool, default, trouble = self.policy_reader.read()
        if trouble is not None:
            progress.troubles.append((self.regions[0].name, trouble))
        for region in self.regions:
            if request.region in {None, region.name}:
                deeds = sorted(self._deeds(region, by_pool, default, request, progress), key=_urgency)
                self._do((d for d in deeds if not isinstance(d.action, Say)), progress)
                words.extend(d for d in deeds if isinstance(d.action, Say))
        self._do(words, progress)
        return Report(
            now=began_at,
            blocks=tuple(b for b in progress.blocks if request.reservation_id in {None, b.reservation_id}),
            chains=tuple(c for c in progress.chains if request.reservation_id is None or c.has(request.reservation_id)),
            steps=tuple(progress.steps),
            errors=(*(f"{region}: {what}" for region, what in progress.troubles), *self._tell(progress.troubles)),
            look_again_at=min(progress.looks, default=None),
        )

    def _deeds(
        self, region: Region, by_pool: Mapping[str, Policy], default: Policy, request: Request, progress: Progress
    ) -> Iterator[Deed]:
        # Each region by its own clock: another one, that answers slowly, may have taken minutes.
        now = self.clock.now()
        try:
            said: Mapping[str, datetime] | None = self.ledger.said(region.name)
        except AwsError as error:
            # Without the ledger nothing can be told once, but deadlines do not wait for it.
            said = None
            progress.troubles.append((region.name, f"the ledger could not be read: {error}"))
        try:
            observation = observe(now, region, self.drains, by_pool, default, said)
        except AwsError as error:
            progress.troubles.append((region.name, f"the region could not be read: {error}"))
            return
        progress.troubles.extend((region.name, f"something due could not be asked: {e}") for e in observation.errors)
        for pool, planned in _plans(now, observation, default, said or {}, request):
            progress.blocks.extend(statuses(now, pool))
            progress.chains.extend([chain_status(now, pool)] if pool.name else [])
            progress.looks.extend([planned.look_again_at] if planned.look_again_at is not None else [])
            for action in planned.actions:
                if request.covers(action) and not (said is None and isinstance(action, Say | WarnNodes | CheckNodes)):
                    yield Deed(region=region, pool=pool, action=action)

    def _do(self, deeds: Iterable[Deed], progress: Progress) -> None:
        """Carry out actions in order; collect what failed."""
        for deed in deeds:
            if deed.is_kept_back(progress.failed):
                continue
            try:
                targets = {t.id: t for t in deed.pool.targets}
                outcome = self.executor.execute(deed.region, targets, deed.action)
            except AwsError as error:
                outcome = f"failed: {error}"
                if not isinstance(deed.action, Say):
                    progress.failed.add((deed.action.target, type(deed.action)))
                progress.troubles.append((deed.region.name, f"{type(deed.action).__name__} failed: {error}"))
            step = Step(region=deed.region.name, pool=deed.pool.name, action=deed.action, outcome=outcome)
            progress.steps.append(step)

    def _tell(self, troubles: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Tell people of what went wrong; return what could not even be told."""
        if self.speaker is None:
            return
        for region, what in troubles:
            try:
                self.speaker.say(region, wording.setting.trouble(region, what, self.clock.now()))
            except AwsError as error:
                yield f"{region}: the trouble could not be told: {error}"


def _urgency(deed: Deed) -> int:
    """Sizes before all that takes longer, drains before the rest; the actions of one target keep their order."""
    if isinstance(deed.action, (Scale, *CLEARS_THE_WAY)):
        return 0
    return 1 if isinstance(deed.action, StartDrain) else 2


def _plans(
    now: datetime, observation: Observation, default: Policy, said: Mapping[str, datetime], request: Request
) -> Iterator[tuple[Pool, Plan]]:
    for pool in observation.pools:
        if request.pool in {None, pool.name}:
            yield pool, plan(now, pool)
    if request.pool is None and observation.unclaimed:
        nobody = Pool(name="", region=observation.unclaimed[0].region, reservations=observation.unclaimed)
        yield nobody, plan_unclaimed(now, observation.unclaimed, default, said)
