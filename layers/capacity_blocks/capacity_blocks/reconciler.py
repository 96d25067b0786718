"""Observe, plan, act: the imperative shell around the core."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from capacity_blocks.core import wording
from capacity_blocks.core.action import Action, ResumeLaunch, Say, Unprotect
from capacity_blocks.core.planner import Plan, plan, plan_unclaimed
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.status import BlockStatus, statuses
from capacity_blocks.core.target import TargetId
from capacity_blocks.executor import Executor, Speaker
from capacity_blocks.observer import Observation, observe
from capacity_blocks.pool_settings import policies
from capacity_blocks.ports import AwsError, Clock, Ledger, PoolSettings, Region
from capacity_blocks.request import Request

CLEARS_THE_WAY = (ResumeLaunch, Unprotect)


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
                broken = replace(self.default, broken="its settings could not be read")
                return {}, broken, f"the settings of the pools could not be read: {error}"
            return self._last, self.default, f"the settings of the pools could not be read again: {error}"
        return self._last, self.default, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """One run over all regions. What fails in one place is collected; the rest is done all the same."""

    clock: Clock
    regions: Sequence[Region]
    policy_reader: PolicyReader
    ledger: Ledger
    executor: Executor
    speaker: Speaker | None  # None: a dry run says nothing
    errors: list[str] = field(default_factory=list)

    def reconcile(self, request: Request) -> Report:
        """Bring every target in line with its block, or say why not."""
        began_at = self.clock.now()
        self.errors.clear()
        by_pool, default, trouble = self.policy_reader.read()
        if trouble is not None:
            self._note(self.regions[0].name, trouble)
        blocks, steps, looks = list[BlockStatus](), list[Step](), list[datetime]()
        for region in self.regions:
            if request.region not in {None, region.name}:
                continue
            # Each region by its own clock: another one, that answers slowly, may have taken minutes.
            now = self.clock.now()
            said = self._said(region)
            observation = self._observe(now, region, by_pool, default, said or {})
            for pool, planned in _plans(now, observation, default, said or {}, request):
                # Without the ledger nothing can be told once, but deadlines do not wait for it.
                actions = [a for a in planned.actions if said is not None or not isinstance(a, Say)]
                steps.extend(self._execute(region, pool, [a for a in actions if request.covers(a)]))
                blocks.extend(statuses(now, pool))
                looks.extend([planned.look_again_at] if planned.look_again_at is not None else [])
        wanted = [b for b in blocks if request.reservation_id in {None, b.reservation_id}]
        return Report(
            now=began_at,
            blocks=tuple(wanted),
            steps=tuple(steps),
            errors=tuple(self.errors),
            look_again_at=min(looks, default=None),
        )

    def _said(self, region: Region) -> Mapping[str, datetime] | None:
        try:
            return self.ledger.said(region.name)
        except AwsError as error:
            self._note(region.name, f"the ledger could not be read: {error}")
            return None

    def _observe(
        self,
        now: datetime,
        region: Region,
        by_pool: Mapping[str, Policy],
        default: Policy,
        said: Mapping[str, datetime],
    ) -> Observation:
        try:
            observation = observe(now, region, by_pool, default, said)
        except AwsError as error:
            self._note(region.name, f"the region could not be read: {error}")
            return Observation()
        for failed in observation.errors:
            self._note(region.name, f"something due could not be asked: {failed}")
        return observation

    def _execute(self, region: Region, pool: Pool, actions: Iterable[Action]) -> Iterator[Step]:
        """Carry out actions in order. After a failure the rest of that target is left for the next run.

        What only clears the way may fail: one instance that stays protected must not keep up all the others.
        """
        targets = {t.id: t for t in pool.targets}
        failed: set[TargetId] = set()
        for action in actions:
            target = action.of if isinstance(action, Say) else action.target
            if target in failed:
                continue
            try:
                outcome = self.executor.execute(region, targets, action)
            except AwsError as error:
                outcome = f"failed: {error}"
                if target is not None and not isinstance(action, CLEARS_THE_WAY):
                    failed.add(target)
                self._note(region.name, f"{type(action).__name__} failed: {error}")
            yield Step(region=region.name, pool=pool.name, action=action, outcome=outcome)

    def _note(self, region: str, what: str) -> None:
        """Keep an error for the end of the run, and tell people, if even that can be done."""
        self.errors.append(f"{region}: {what}")
        if self.speaker is None:
            return
        try:
            self.speaker.say(region, wording.trouble(region, what, self.clock.now()))
        except AwsError as error:
            self.errors.append(f"{region}: the trouble could not be told: {error}")


def _plans(
    now: datetime, observation: Observation, default: Policy, said: Mapping[str, datetime], request: Request
) -> Iterator[tuple[Pool, Plan]]:
    for pool in observation.pools:
        if request.pool in {None, pool.name}:
            yield pool, plan(now, pool)
    if request.pool is None and observation.unclaimed:
        nobody = Pool(name="", region=observation.unclaimed[0].region, reservations=observation.unclaimed)
        yield nobody, plan_unclaimed(now, observation.unclaimed, default, said)
