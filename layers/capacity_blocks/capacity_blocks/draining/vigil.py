"""Stay with one instance: look after its drain and keep its wait alive, until it is empty or its time is up."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.drain.method import Kubernetes, Method, method
from capacity_blocks.core.drain.verdict import Progress, Verdict
from capacity_blocks.drain_ports import Drain
from capacity_blocks.draining.finder import Bearings, Place, PoolPolicies, complete, take_bearings
from capacity_blocks.draining.keeper import Keeper
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.methods import Methods
from capacity_blocks.draining.plain import stuck
from capacity_blocks.draining.teller import Teller
from capacity_blocks.ports import AwsError, Clock

SECOND = timedelta(seconds=1)
LOOK_EVERY = timedelta(seconds=5)  # while an API is away
BEAT_AGAIN = timedelta(seconds=10)  # after one that failed
READ_AGAIN = timedelta(seconds=15)
OVER = "its wait was over before it was empty: somebody ended it, or it ran out"
ENDED = "EC2 has ended it: nothing runs on it any more"


@dataclass(slots=True, kw_only=True)
class Vigil:
    """One run at one instance. It comes back at `until`."""

    clock: Clock
    place: Place
    policies: PoolPolicies
    methods: Methods
    keeper: Keeper
    teller: Teller
    log: Log
    bearings: Bearings
    until: datetime
    beat_every: timedelta
    beat_at: datetime
    drain: Drain
    method: Method
    read_at: datetime | None = None
    stuck_since: datetime | None = None
    seen: tuple[object, ...] = ()

    def keep(self) -> Progress | None:
        """Return how it ended; None when `until` has come, or another run has taken over."""
        while True:
            now = self.clock.now()
            self._read(now)
            self.bearings = replace(self.bearings, termination=self.keeper.record.termination)
            limit = self.bearings.limit(now, self.keeper.record.started)
            progress = self._look(now, limit)
            if not self._note(progress, now, limit):
                self.log("taken over")
                return None
            if progress.verdict.is_final and not (progress.verdict is Verdict.LET_GO and self._has_more_time()):
                return progress
            if not (progress.found or self._is_running()):
                return _let_go(progress, ENDED)
            if not self._beat(now):
                return _let_go(progress, OVER)
            now = self.clock.now()
            if now >= self.until:
                return None
            look_again_at = max(progress.look_again_at or now, now + SECOND)
            self.clock.sleep_until(min(look_again_at, self.beat_at, self.until))

    def _look(self, now: datetime, limit: datetime) -> Progress:
        try:
            return self.drain.look(self.bearings.member.instance_id, now, limit)
        except AwsError as error:
            return stuck(f"AWS did not answer as it should: {error}", now, limit, LOOK_EVERY)
        except Exception as error:  # noqa: BLE001  # whatever it is, the wait goes on, and people hear of it in time
            self.log("stumbled", error=repr(error))
            return stuck(f"this application stumbled: {error!r}", now, limit, LOOK_EVERY)

    def _is_running(self) -> bool:
        """Whether an instance that was not found still runs: it is waited for unless EC2 says no."""
        try:
            return self.place.blocks.is_running(self.bearings.member.instance_id)
        except AwsError as error:
            self.log("instance unread", error=str(error))
            return True

    def _note(self, progress: Progress, now: datetime, limit: datetime) -> bool:
        """Write down what is new, and tell people of what is stuck; False when another run has taken over."""
        seen = (progress.verdict, progress.evicted, progress.left, progress.reasons)
        if seen != self.seen:
            self.seen, fields = seen, {"left": progress.left, "evicted": len(progress.evicted)}
            self.log("drain", verdict=progress.verdict, deadline=limit, reasons=progress.reasons, **fields)
        self.stuck_since = (self.stuck_since or now) if progress.stuck else None
        record = self.keeper.record
        changes: dict[str, Any] = {
            "deadline": None if self.bearings.unread else limit,
            "reasons": progress.reasons,
            "evicted": tuple(dict.fromkeys((*record.evicted, *progress.evicted))),
            "stuck": progress.stuck,
            "told": record.told,
        }
        if self.stuck_since is not None and not record.told and not progress.verdict.is_final:
            changes["told"] = self.teller.tell(replace(record, **changes), self.stuck_since, now)
        return self.keeper.note(now, **changes)

    def _read(self, now: datetime) -> None:
        """Ask again for what AWS did not tell: when the block ends, and what the pool says of its pods.

        The drain of another method asks nothing of the pool, and stays.
        """
        before = self.bearings
        if not before.is_partial or (self.read_at is not None and now < self.read_at):
            return
        self.read_at, self.bearings = now + READ_AGAIN, complete(self.place, self.policies, before)
        if isinstance(self.method, Kubernetes) and self.bearings.policy != before.policy:
            self.drain = self.methods.drain(self.method, self.bearings.policy, self.bearings.instance_type)

    def _has_more_time(self) -> bool:
        """Whether the end has moved while we drained: nothing is let go of for an end that is no more."""
        found = take_bearings(self.place, self.bearings)
        now = self.clock.now()
        if found.unread is not None or now >= found.limit(now, self.keeper.record.started):
            return False
        self.bearings = found
        return True

    def _beat(self, now: datetime) -> bool:
        """Keep the wait alive, and see whether the instance is still there to be drained."""
        if now < self.beat_at:
            return True
        try:
            member = self.place.member(self.bearings.member.instance_id)
            is_there = member is not None and (
                self.place.actions.heartbeat(member)
                if member.is_waiting and not member.is_of_node_group
                else member.is_leaving or self.bearings.termination is not None
            )
        except AwsError as error:
            self.log("no heartbeat", error=str(error))
            self.beat_at = now + BEAT_AGAIN
            return True
        self.beat_at = now + self.beat_every
        if member is not None and is_there:
            self.bearings = replace(self.bearings, member=member)
            self._mend(method(member))
        return is_there

    def _mend(self, found: Method) -> None:
        """Drain in another way where somebody has just changed the tag that says how."""
        if found != self.method:
            self.method = found
            self.drain = self.methods.drain(found, self.bearings.policy, self.bearings.instance_type)


def _let_go(progress: Progress, why: str) -> Progress:
    return Progress(
        verdict=Verdict.LET_GO, reasons=(why, *progress.reasons), evicted=progress.evicted, found=progress.found
    )
