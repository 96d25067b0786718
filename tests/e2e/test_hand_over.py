"""Two blocks of a pool that overlap, each on a group of its own: the later one takes over, and people know when."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.drain_drill import CLUSTER, take_nodes_away
from tests.e2e.drain_stage import DrainStage, drain_staged
from tests.e2e.stage import DRAIN_AT, END, MINUTE, START, Stage

DAY = timedelta(days=1)
OLD_SIZE, NEW_SIZE = 2, 3
NEW_START = END - timedelta(hours=2)
STEP = timedelta(seconds=30)
JOINS_AFTER = timedelta(seconds=90)  # from in service until the node is Ready
EKS = {"capacity-blocks:drain": "eks", f"kubernetes.io/cluster/{CLUSTER}": "owned"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A pool whose later block starts two hours before its earlier one ends."""

    told: DrainStage
    old: str
    new: str

    @property
    def stage(self) -> Stage:
        return self.told.stage

    def run_until(self, instant: datetime, *, ill: int = 0) -> list[int]:
        """Let instances in service join, with `ill` of their GPUs; return how many nodes were ready at each step."""
        ready, since = list[int](), dict[str, datetime]()
        while self.stage.world.now < instant:
            self.stage.run_until(min(instant, self.stage.world.now + STEP))
            now = self.stage.world.now
            known = {node.provider_id.rsplit("/", 1)[1] for node in self.told.cluster.nodes.values()}
            for each in [*self.stage.instances("old"), *self.stage.instances("new")]:
                if each not in known and now - since.setdefault(each, now) >= JOINS_AFTER:
                    node = self.told.cluster.add_node(each)
                    node.ill = {"nvidia.com/gpu": ill} if ill else {}
            ready.append(len(self.ready()))
        return ready

    def ready(self) -> list[str]:
        """The nodes that take pods."""
        return [name for name, node in self.told.cluster.nodes.items() if node.ready and not node.unschedulable]

    def titles(self, kind: str) -> list[str]:
        return [str(facts["title"]) for facts in self.stage.notices(kind)]


@contextmanager
def handing_over() -> Iterator[HandOver]:
    with drain_staged(start=START - 10 * MINUTE) as told:
        stage = told.stage
        old = stage.block(1, size=OLD_SIZE)
        stage.group("old", tags={**EKS, "capacity-blocks:instances": str(OLD_SIZE)})
        stage.run_until(START - 5 * MINUTE)
        new = stage.block(2, size=NEW_SIZE, StartDate=NEW_START, EndDate=END + DAY)
        stage.group("new", tags=EKS)
        take_nodes_away(stage.world, told.cluster)
        yield HandOver(told=told, old=old, new=new)


def test_the_pool_never_has_fewer_ready_nodes_than_the_smaller_block() -> None:
    with handing_over() as over:
        over.run_until(START + 10 * MINUTE)
        # Long before, the successor is bound to the free target, and how the two follow each other was told.
        assert (over.stage.bound_to("old"), over.stage.bound_to("new")) == (over.old, over.new)
        assert over.titles("overlap") == [
            f"{over.new} takes over from {over.old} in pool training: both serve for 1 hour 20 minutes"
        ]
        assert over.titles("nodes-ready") == ["old is good: 2 of 2 nodes are ready, with all of their accelerators"]

        over.stage.run_until(NEW_START - MINUTE)
        ready = over.run_until(END)
        assert min(ready) == OLD_SIZE
        assert max(ready) == OLD_SIZE + NEW_SIZE
        assert len(over.ready()) == NEW_SIZE

        # Both serve while they overlap, and the earlier one drains at its own time.
        assert [at.replace(second=0, microsecond=0) for at, desired, _ in over.stage.steps("old") if not desired] == [
            DRAIN_AT
        ]
        assert [desired for _, desired, _ in over.stage.steps("new")] == [NEW_SIZE]
        assert over.titles("handed-over") == [f"{over.new} is good: {over.old} can hand over to it"]
        [told_at] = [n.at for n in over.stage.world.notices if n.facts["kind"] == "handed-over"]
        assert NEW_START < told_at < NEW_START + 10 * MINUTE
        assert not {"hand-over-at-risk", "nodes-not-ready", "not-in-service"} & set(over.stage.kinds())
        assert (over.stage.reclaimed(), over.told.left()) == ([], [])


def test_a_later_block_whose_gpus_have_failed_is_alarmed_of_long_before_the_earlier_one_drains() -> None:
    with handing_over() as over:
        over.run_until(START + 10 * MINUTE)
        over.stage.run_until(NEW_START - MINUTE)
        over.run_until(NEW_START + 20 * MINUTE, ill=1)
        assert over.titles("nodes-not-ready") == [f"new has 0 of 3 nodes ready on {over.new}"]
        assert over.titles("hand-over-at-risk") == [
            f"{over.new} is not good yet, and {over.old} drains at 2027-03-21 10:50 UTC"
        ]
        [notice] = over.stage.notices("nodes-not-ready")
        assert notice["severity"] == "critical"
        assert "has 7 of 8 nvidia.com/gpu allocatable" in str(notice["text"])

        # Somebody replaces them: then it is told that all is well.
        for node in over.told.cluster.nodes.values():
            node.ill = {}
        over.run_until(NEW_START + 45 * MINUTE)
        assert len(over.titles("handed-over")) == 1
        assert over.titles("nodes-ready")[1:] == ["new is good: 3 of 3 nodes are ready, with all of their accelerators"]


def test_a_later_block_without_a_free_target_says_what_to_add() -> None:
    with drain_staged(start=START - 10 * MINUTE) as told:
        stage = told.stage
        stage.block(1, size=OLD_SIZE)
        stage.group("old", tags=EKS)
        stage.run_until(START - 5 * MINUTE)
        new = stage.block(2, size=NEW_SIZE, StartDate=NEW_START, EndDate=END + DAY)
        stage.run_until(START - 2 * MINUTE)
        [notice] = [n for n in stage.notices("waiting") if n["reservation_id"] == new]
        assert notice["next_step"] == (
            "Add an Auto Scaling group of 3 p5.48xlarge, tagged capacity-blocks:pool=training, desired 0, "
            "with a subnet in us-east-2a (use2-az1)."
        )
        assert "old serves cr-0123456789abcdef1 and is free from about 2027-03-21 11:00 UTC." in str(notice["text"])
