"""One invocation for one instance: find what it is, drain it, and let it go."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from capacity_blocks.core import tag
from capacity_blocks.core.drain.member import Member
from capacity_blocks.core.drain.method import method
from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.drain_ports import DrainLedger, Invocations
from capacity_blocks.draining.farewell import Farewell
from capacity_blocks.draining.finder import Bearings, Place, PoolPolicies, locate, take_bearings
from capacity_blocks.draining.keeper import Keeper, Standing
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.methods import Methods
from capacity_blocks.draining.patience import patiently
from capacity_blocks.draining.request import DrainRequest
from capacity_blocks.draining.teller import Teller
from capacity_blocks.draining.vigil import Vigil
from capacity_blocks.ports import AwsError, Clock

BEAT_EVERY = timedelta(minutes=2)  # at the latest
BEATS = 3  # in one time-out of the hook, so that two may fail
SHORTEST_TIMEOUT = timedelta(seconds=30)  # PutLifecycleHookType$HeartbeatTimeout: taken where it cannot be read


class Outcome(StrEnum):
    DRAINED = "drained"
    LET_GO = "let go"
    HANDED_ON = "handed on to the next run"
    JOINED = "another run is at it"
    ENDED = "it was over before"
    STAYS = "it does not terminate: there is nothing to drain"
    GONE = "it is in no Auto Scaling group"
    NOT_OURS = "its group is in no pool"
    OBSERVED = "only observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drainer:
    """`function` is this one's own name: what outlasts one invocation goes on in the next."""

    clock: Clock
    place: Place
    methods: Methods
    policies: PoolPolicies
    ledger: DrainLedger
    farewell: Farewell
    teller: Teller
    invocations: Invocations
    log: Log
    function: str
    run: str

    def drain(self, request: DrainRequest, until: datetime) -> Outcome:
        """Drain the instance until it is empty, its time is up, or `until` has come; raise AwsError to be run again."""
        member = patiently(self.clock, until, request.instance_id, lambda: self.place.member(request.instance_id))
        if member is None:
            return Outcome.GONE
        if not member.is_leaving and request.termination is None:
            return Outcome.STAYS
        bearings = self._bearings(member, request, until)
        if not bearings.pool:
            return Outcome.NOT_OURS
        now = self.clock.now()
        keeper = Keeper(self.ledger, self._fresh(bearings, request, now), self.log)
        match keeper.begin(now):
            case Standing.JOINED:
                if request.termination is not None:
                    keeper.hasten(request.termination)
                return Outcome.JOINED
            case Standing.ENDED:
                self.farewell.complete(self.place, member, until)
                return Outcome.ENDED
            case Standing.MINE:
                return self._keep_vigil(bearings, keeper, request, until)

    def _bearings(self, member: Member, request: DrainRequest, until: datetime) -> Bearings:
        """Find the block, and wait for EC2 only where nothing else says which it is: evictions do not wait."""
        policy = self.policies.of(member.tags.get(tag.POOL, ""))
        known = Bearings(member=member, policy=policy, termination=request.termination)
        found = take_bearings(self.place, known)
        if found.unread is None:
            return found
        self.log("block unread", error=found.unread)
        if found.reservation_id:
            return found
        block = patiently(self.clock, until, request.instance_id, lambda: locate(self.place, member))
        return replace(known, block=block)

    def _fresh(self, bearings: Bearings, request: DrainRequest, now: datetime) -> DrainRecord:
        return DrainRecord(
            reservation_id=bearings.reservation_id,
            instance_id=request.instance_id,
            region=request.region,
            group=bearings.member.group,
            pool=bearings.pool,
            run=self.run,
            until=now,
            started=now,
            interrupted=request.termination is not None,
            termination=request.termination,
        )

    def _keep_vigil(self, bearings: Bearings, keeper: Keeper, request: DrainRequest, until: datetime) -> Outcome:
        now, how = self.clock.now(), method(bearings.member)
        every = self._beat_every(bearings.member)
        vigil = Vigil(
            clock=self.clock,
            place=self.place,
            policies=self.policies,
            methods=self.methods,
            keeper=keeper,
            teller=self.teller,
            log=self.log,
            bearings=bearings,
            until=until,
            beat_every=every,
            beat_at=now,  # the wait began before this run did, and may have little left
            drain=self.methods.drain(how, bearings.policy, bearings.instance_type),
            method=how,
        )
        ended = vigil.keep()
        if ended is not None:
            self.farewell.end(self.place, vigil.bearings.member, keeper, ended, until)
            return Outcome.DRAINED if ended.verdict is Verdict.DRAINED else Outcome.LET_GO
        if self.clock.now() < until:
            return Outcome.JOINED
        keeper.release(self.clock.now())
        self.invocations.invoke(self.function, request.event)
        return Outcome.HANDED_ON

    def _beat_every(self, member: Member) -> timedelta:
        is_held = member.is_leaving and not member.is_of_node_group
        try:
            timeout = self.place.actions.timeout(member.group) if is_held else None
        except AwsError as error:
            self.log("hook unread", error=str(error))
            timeout = SHORTEST_TIMEOUT
        return BEAT_EVERY if timeout is None else min(BEAT_EVERY, timeout / BEATS)
