"""The steps of a warning: nodes that are marked, and work that is asked to save itself."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.drain.node import TaintEffect
from capacity_blocks.core.drain.step import Step
from capacity_blocks.draining.marker import Marker
from capacity_blocks.draining.request import WarnRequest
from capacity_blocks.draining.warner import Warner, WarningError
from tests.factories import REGION
from tests.fakes import unclear
from tests.fakes.nodes import FakeNodes, FakeWebhooks
from tests.unit.shell.draining.stage import DRAIN_AT, MINUTE, Stage

MANY = tuple(f"i-{number:02x}" for number in range(64))
KEY = "cr-0a:train:20260302T1130"


@dataclass
class WarningStage:
    """A target of 64 nodes, and what a step does to them."""

    stage: Stage = field(default_factory=Stage)
    nodes: FakeNodes = field(default_factory=lambda: FakeNodes(held=list(MANY)))
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    clusters: list[str] = field(default_factory=list)

    def warn(self, step: Step, key: str = KEY, run: str = "r1") -> str:
        warner = Warner(
            clock=self.stage.clock,
            place=self.stage.place(),
            policies=self.stage.policies(),
            ledger=self.stage.ledger,
            marker=Marker(open=self._nodes),
            commands=lambda: self.stage.commands,
            webhooks=self.webhooks,
            log=self.stage.note,
            run=run,
        )
        return warner.warn(WarnRequest(step=step, group="train", region=REGION, key=key))

    def _nodes(self, cluster: str) -> FakeNodes:
        self.clusters.append(cluster)
        return self.nodes


@pytest.fixture
def on_stage() -> WarningStage:
    found = WarningStage()
    found.stage.add(*MANY, state="InService")
    return found


def test_every_node_is_marked_with_when_it_will_be_drained(on_stage: WarningStage) -> None:
    assert on_stage.warn(Step.MARK) == "marked 64 nodes"

    assert on_stage.nodes.marks == dict.fromkeys(MANY, (DRAIN_AT, TaintEffect.PREFER_NO_SCHEDULE))
    assert on_stage.clusters == ["ml"]


def test_the_pool_says_how_hard_the_taint_is_and_the_group_when_it_drains(on_stage: WarningStage) -> None:
    on_stage.stage.settings.held["training"] = '{"drain": {"taint": "NoSchedule"}}'
    on_stage.stage.add(*MANY, state="InService", tags={tag.DRAIN_LEAD: "45"})
    on_stage.warn(Step.MARK)

    assert on_stage.nodes.marks["i-00"] == (DRAIN_AT - 5 * MINUTE, TaintEffect.NO_SCHEDULE)


def test_marks_come_off_when_the_end_has_moved_on(on_stage: WarningStage) -> None:
    on_stage.warn(Step.MARK)
    on_stage.warn(Step.UNMARK, key=f"{KEY}:unmark")

    assert on_stage.nodes.marks == {}


def test_one_node_that_refuses_leaves_the_others_marked_and_the_step_to_be_done_again(on_stage: WarningStage) -> None:
    on_stage.nodes.broken = {"i-07"}
    with pytest.raises(WarningError, match="i-07: mark node node-i-07: 403"):
        on_stage.warn(Step.MARK)
    assert len(on_stage.nodes.marks) == 63

    on_stage.nodes.broken.clear()
    on_stage.warn(Step.MARK)  # Lambda's retry has the same name

    assert len(on_stage.nodes.marks) == 64


def test_a_cluster_that_is_away_fails_the_step(on_stage: WarningStage) -> None:
    on_stage.nodes.away = True

    with pytest.raises(WarningError, match="cluster ml: find nodes: no answer"):
        on_stage.warn(Step.MARK)


def test_a_step_is_done_once(on_stage: WarningStage) -> None:
    on_stage.warn(Step.MARK)
    on_stage.nodes.marks.clear()

    assert on_stage.warn(Step.MARK, run="r2") == "done already"
    assert on_stage.nodes.marks == {}


def test_by_hand_it_is_done_each_time(on_stage: WarningStage) -> None:
    on_stage.warn(Step.MARK, key="")
    on_stage.nodes.marks.clear()
    on_stage.warn(Step.MARK, key="", run="r2")

    assert len(on_stage.nodes.marks) == 64


def test_instances_that_are_no_nodes_yet_or_terminate_are_passed_over(on_stage: WarningStage) -> None:
    on_stage.nodes.held.remove("i-00")
    on_stage.stage.lifecycle.terminate("i-01")
    on_stage.warn(Step.MARK)

    assert set(on_stage.nodes.marks) == set(MANY) - {"i-00", "i-01"}


@pytest.mark.parametrize("drain", ["ecs", "none", "ssm:SaveCheckpoint"])
def test_only_nodes_of_kubernetes_are_marked(on_stage: WarningStage, drain: str) -> None:
    on_stage.stage.add(*MANY, state="InService", tags={tag.DRAIN: drain})

    assert on_stage.warn(Step.MARK) == "its nodes are in no Kubernetes cluster"
    assert on_stage.nodes.marks == {}


def test_a_document_is_run_on_all_some_at_a_time(on_stage: WarningStage) -> None:
    on_stage.stage.settings.held["training"] = '{"drain": {"checkpoint": {"ssm_document": "SaveCheckpoint"}}}'

    assert on_stage.warn(Step.CHECKPOINT) == "sent SaveCheckpoint to 64 instances"
    assert [(len(ids), name, mark) for ids, name, mark, _ in on_stage.stage.commands.sent] == [
        (50, "SaveCheckpoint", "capacity-blocks: checkpoint"),
        (14, "SaveCheckpoint", "capacity-blocks: checkpoint"),
    ]


def test_a_document_that_went_to_some_goes_to_the_others_alone(on_stage: WarningStage) -> None:
    on_stage.stage.settings.held["training"] = '{"drain": {"checkpoint": {"ssm_document": "SaveCheckpoint"}}}'
    on_stage.stage.ledger.has_said(REGION, f"{KEY}:sent:0", DRAIN_AT)
    on_stage.warn(Step.CHECKPOINT)

    assert [ids for ids, *_ in on_stage.stage.commands.sent] == [tuple(sorted(MANY)[50:])]


def test_a_webhook_is_told_who_and_until_when(on_stage: WarningStage) -> None:
    url = "https://jobs.example.com/checkpoint?token=7"
    on_stage.stage.settings.held["training"] = f'{{"drain": {{"checkpoint": {{"webhook": "{url}"}}}}}}'

    assert on_stage.warn(Step.CHECKPOINT) == "the webhook was called"
    assert on_stage.webhooks.posted == [
        (
            url,
            {
                "version": 1,
                "step": "checkpoint",
                "pool": "training",
                "region": REGION,
                "group": "train",
                "reservation_id": "cr-0a",
                "instances": list(MANY),
                "drain_at": "2026-03-02T10:50:00Z",
                "reclaim_at": "2026-03-02T11:00:00Z",
                "end": "2026-03-02T11:30:00Z",
            },
        )
    ]


def test_a_pool_whose_settings_cannot_be_read_is_asked_again(on_stage: WarningStage) -> None:
    on_stage.stage.settings.held["training"] = '{"drain": {"checkpoint": {"ssm_document": "SaveCheckpoint"}}}'
    on_stage.stage.settings.errors["texts"] = unclear()

    with pytest.raises(WarningError, match="train: the settings of its pool could not be read"):
        on_stage.warn(Step.CHECKPOINT)
    on_stage.stage.settings.errors.clear()
    assert on_stage.warn(Step.CHECKPOINT) == "sent SaveCheckpoint to 64 instances"


def test_a_pool_that_asks_for_no_checkpoint_gets_none(on_stage: WarningStage) -> None:
    assert on_stage.warn(Step.CHECKPOINT) == "the pool asks for none"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda at: at.stage.lifecycle.held.clear(), "no instance is in service"),
        (lambda at: at.stage.blocks.held.update(dict.fromkeys(MANY)), "its group is in no pool, or on no block"),
        (
            lambda at: at.stage.add(*MANY, state="InService", tags={tag.POOL: ""}),
            "its group is in no pool, or on no block",
        ),
    ],
    ids=["empty", "outside", "not ours"],
)
def test_where_there_is_nobody_to_warn_that_is_said(on_stage: WarningStage, spoil: Any, words: str) -> None:
    spoil(on_stage)

    assert on_stage.warn(Step.MARK) == words
    assert on_stage.nodes.marks == {}


def test_a_block_that_ec2_does_not_tell_of_is_asked_for_again(on_stage: WarningStage) -> None:
    on_stage.stage.blocks.errors["block_of"] = unclear()

    with pytest.raises(WarningError, match="EC2 does not say which block it is on"):
        on_stage.warn(Step.MARK)
    on_stage.stage.blocks.errors.clear()
    assert on_stage.warn(Step.MARK) == "marked 64 nodes"
