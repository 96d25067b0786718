"""Play a run and record it: people's deeds, the application's, EC2's and Auto Scaling's, and the figures of it all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulator import measure
from simulator.auto_scaling.journal import Fact
from simulator.demo import audit, bargain, burst, clicked, renewed, till, vacated, witness
from simulator.demo.account import POOL
from simulator.demo.assumed import assumed
from simulator.demo.burst import Named
from simulator.demo.clicker import Clicker
from simulator.demo.cluster import TrainingCluster
from simulator.demo.onlooker import Onlooker, Sight
from simulator.demo.recording import Block, Entry, Group, Phase, Recording, Stretch
from simulator.demo.talk import Talk
from simulator.world import World

_STEP = timedelta(minutes=10)  # so often it is shown how far the run is
_DRAIN_BEFORE_RECLAIM = timedelta(minutes=10)
# What the application says to Auto Scaling when it sets a size.
_SIZING = frozenset(
    {"autoscaling.UpdateAutoScalingGroup", "autoscaling.SetDesiredCapacity", "eks.UpdateNodegroupConfig"}
)

Progress = Callable[[World, Onlooker], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played: until when, under which name, and what is said of it beforehand."""

    title: str
    end: datetime
    parameters: Mapping[str, str]
    notes: tuple[str, ...]
    deeds: Sequence[Entry]  # of people; it grows while the run goes on
    cluster: TrainingCluster | None = None
    clicker: Clicker | None = None


def play(world: World, script: Play, progress: Progress) -> Recording:
    """Let the days pass until the end, looking at the blocks after everything that happens."""
    start, onlooker = world.now, Onlooker(world)
    while world.now < script.end:
        until = min(world.now + _STEP, script.end)
        world.clock.run_while(onlooker.look, until)
        world.run_until(until)
        progress(world, onlooker)
    onlooker.look()
    return _recording(world, script, start, onlooker.blocks)


def _recording(world: World, script: Play, start: datetime, sights: Mapping[str, Sight]) -> Recording:
    names = _names(world)
    pools = {sight.reservation_id: sight.pool for sight in sights.values()}
    facts = [fact for region in world.regions.values() for fact in region.facts]
    requests = audit.requests(world, {sight.reservation_id: sight.intent_id for sight in sights.values()})
    renewals = renewed.renewals(world, pools)
    blocks = tuple(_blocks(world, facts, sights.values(), names))
    drains = vacated.drains(world, blocks)
    talk = script.clicker.talk() if script.clicker else Talk()
    entries = [
        *script.deeds,
        *clicked.told(talk),
        *bargain.told(requests),
        *renewed.told(renewals),
        *witness.deeds(world, pools),
        *witness.states(world, sights),
        *burst.told(facts, names, start),
        *witness.notices(world),
        *vacated.told(drains),
        *(vacated.answers(script.cluster.api, script.cluster.pool) if script.cluster else ()),
    ]
    return Recording(
        title=script.title,
        seed=world.seed,
        start=start,
        end=world.now,
        parameters=script.parameters,
        assumptions=assumed(world.assumptions),
        notes=script.notes,
        blocks=blocks,
        groups=tuple(
            Group(name=each.name, pool=each.pool, sizes=measure.sizes(own, facts)) for own, each in names.items()
        ),
        entries=tuple(sorted(entries, key=lambda entry: entry.at)),
        requests=requests,
        renewals=renewals,
        sales=till.sold(world),
        budgets=till.budgets(world),
        drains=drains,
        talk=talk,
        counts={
            "sweeps and other runs": len(world.functions.invocations),
            "quiet sweeps left out": world.skipped_sweeps,
            "API calls": len(world.calls.log),
        },
    )


def _names(world: World) -> dict[str, Named]:
    """Return how each group is called, by its own name: one behind a managed node group as that is."""
    found = {}
    for region in world.regions.values():
        for name, group in region.auto_scaling.groups.items():
            found[name] = Named(name=name, pool=str(group.tags.get(POOL, {}).get("Value", "")))
        for node_group in region.node_groups.all():
            shown = f"{node_group.cluster}/{node_group.name}"
            found[node_group.group] = Named(name=shown, pool=node_group.tags.get(POOL, ""))
    return dict(sorted(found.items(), key=lambda pair: pair[1].name))


def _blocks(
    world: World, facts: Sequence[Fact], sights: Iterable[Sight], names: Mapping[str, Named]
) -> Iterator[Block]:
    active = witness.active_at(world)
    asked = [call.at for call in world.calls.log if call.name in _SIZING and call.error is None]
    for sight in sorted(sights, key=lambda each: (each.start, each.reservation_id)):
        active_at = active.get(sight.reservation_id)
        life = measure.BlockLife(
            reservation_id=sight.reservation_id, size=sight.size, active_at=active_at, reclaim_at=sight.reclaim_at
        )
        figures = measure.block_figures(life, facts, asked) if world.now >= sight.reclaim_at else None
        zeroed = [t.zeroed_at for t in figures.targets if t.zeroed_at is not None] if figures else []
        drain_at = min(zeroed, default=sight.reclaim_at - _DRAIN_BEFORE_RECLAIM)
        yield Block(
            reservation_id=sight.reservation_id,
            pool=sight.pool,
            instance_type=sight.instance_type,
            size=sight.size,
            zone=sight.zone,
            start=sight.start,
            first_end=sight.first_end,
            end=sight.end,
            drain_at=drain_at,
            reclaim_at=sight.reclaim_at,
            active_at=active_at,
            moved_at=sight.moved_at,
            stretches=tuple(_stretches(sight, active_at, drain_at)),
            figures=_for_people(figures, names) if figures is not None else None,
        )


def _for_people(figures: measure.BlockFigures, names: Mapping[str, Named]) -> measure.BlockFigures:
    targets = tuple(replace(target, target=names[target.target].name) for target in figures.targets)
    return replace(figures, targets=targets)


def _stretches(sight: Sight, active_at: datetime | None, drain_at: datetime) -> Iterator[Stretch]:
    """Yield the phases of a block that was delivered; one that never was only ever comes up to its start."""
    usable_from = (
        active_at if active_at is not None else (sight.since if sight.state in {"active", "expired"} else None)
    )
    paid_at = min(sight.paid_at or sight.start, sight.start)
    bounds = [(Phase.PAYMENT_PENDING, sight.since, paid_at), (Phase.BEFORE_START, paid_at, sight.start)]
    if usable_from is not None:
        bounds += [
            (Phase.AWAITED, sight.start, usable_from),
            (Phase.USABLE, usable_from, drain_at),
            (Phase.DRAINING, drain_at, sight.reclaim_at),
            (Phase.RECLAIMING, sight.reclaim_at, sight.end),
        ]
    return (Stretch(phase=phase, start=start, end=end) for phase, start, end in bounds if start < end)
