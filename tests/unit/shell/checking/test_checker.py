"""One look at the nodes of a target."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from capacity_blocks.checking.checker import Checker
from capacity_blocks.checking.request import CheckRequest, CheckRequestError, parse
from capacity_blocks.core import tag
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.readiness.device import Devices
from capacity_blocks.executor import Speaker
from tests.factories import REGION
from tests.fakes import unclear
from tests.fakes.nodes import FakeNodes
from tests.unit.shell.draining.stage import DRAIN_AT, MINUTE, Stage

NOW, LATER = DRAIN_AT, DRAIN_AT + MINUTE
EIGHT = (Devices(resource="nvidia.com/gpu", capacity=8, allocatable=8),)
SEVEN = (Devices(resource="nvidia.com/gpu", capacity=8, allocatable=7),)
I1, I2 = "i-0a", "i-0b"


@dataclass
class CheckStage:
    """Two instances in service, whose nodes have all of their GPUs."""

    stage: Stage = field(default_factory=Stage)
    nodes: FakeNodes = field(default_factory=lambda: FakeNodes(held=[I1, I2], devices={I1: EIGHT, I2: EIGHT}))
    clusters: list[str] = field(default_factory=list)

    def check(self, alarm_at: datetime | None = LATER, **asked: Any) -> str:
        stage = self.stage
        checker = Checker(
            clock=stage.clock,
            place=stage.place(),
            policies=stage.policies(),
            speaker=Speaker(ledger=stage.ledger, notifier=stage.notifier, clock=stage.clock, run="r1"),
            open=self._nodes,
            log=stage.note,
        )
        given: dict[str, Any] = {"life": "first", "wanted": 2, "alarm_at": alarm_at}
        return checker.check(CheckRequest(group="train", region=REGION, **(given | asked)))

    def _nodes(self, cluster: str) -> FakeNodes:
        self.clusters.append(cluster)
        return self.nodes

    @property
    def told(self) -> list[Notice]:
        return self.stage.notifier.sent

    @property
    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.told]


@pytest.fixture
def on_stage() -> CheckStage:
    found = CheckStage()
    found.stage.add(I1, I2, state="InService")
    return found


def about(**changes: Any) -> Notice:
    return Notice(**{"pool": "training", "region": REGION, "reservation_id": "cr-0a", "target": "train", **changes})


def test_nodes_that_are_ready_with_all_of_their_accelerators_are_told_of_once(on_stage: CheckStage) -> None:
    assert [on_stage.check(), on_stage.check()] == ["2 of 2 nodes are ready"] * 2

    assert on_stage.told == [
        about(
            key="cr-0a:train:nodes-ready:first",
            kind="nodes-ready",
            severity=Severity.INFO,
            title="train is good: 2 of 2 nodes are ready, with all of their accelerators",
            text="All of them are in cluster ml, on cr-0a, and take pods.",
        )
    ]
    assert on_stage.clusters == ["ml", "ml"]


def test_a_target_that_is_called_back_is_told_of_anew(on_stage: CheckStage) -> None:
    on_stage.check()
    on_stage.check(life="20260302T1130")

    assert [notice.key for notice in on_stage.told] == [
        "cr-0a:train:nodes-ready:first",
        "cr-0a:train:nodes-ready:20260302T1130",
    ]


def test_nodes_that_are_not_ready_have_their_time(on_stage: CheckStage) -> None:
    on_stage.nodes.devices = {I1: EIGHT, I2: SEVEN}

    assert on_stage.check() == ("1 of 2 nodes are ready; i-0b: node node-i-0b has 7 of 8 nvidia.com/gpu allocatable")
    assert on_stage.told == []


def test_then_somebody_is_called_with_each_node_and_what_it_lacks(on_stage: CheckStage) -> None:
    on_stage.nodes.devices = {I1: EIGHT, I2: SEVEN}
    on_stage.check(alarm_at=NOW)

    assert on_stage.told == [
        about(
            key="cr-0a:train:nodes-not-ready:first",
            kind="nodes-not-ready",
            severity=Severity.CRITICAL,
            title="train has 1 of 2 nodes ready on cr-0a",
            text="In cluster ml: i-0b: node node-i-0b has 7 of 8 nvidia.com/gpu allocatable.",
            next_step=(
                "Look at the nodes (kubectl describe node), their kubelet and the device plugin; replace an instance "
                "whose accelerators have failed, by terminating it in its group."
            ),
        )
    ]


def test_all_that_are_missing_are_counted_and_some_of_them_named(on_stage: CheckStage) -> None:
    many = [f"i-{number:02x}" for number in range(16, 30)]
    on_stage.stage.add(*many, state="InService")
    on_stage.nodes.held = []
    on_stage.check(alarm_at=NOW, wanted=20)

    [notice] = on_stage.told
    assert notice.title == "train has 0 of 20 nodes ready on cr-0a"
    assert notice.text.count("it has not joined the cluster") == 10
    assert notice.text.endswith("and 6 more; 4 of 20 instances are not in service.")


def test_nodes_that_come_late_are_told_of_after_the_alarm(on_stage: CheckStage) -> None:
    on_stage.nodes.held = [I1]
    on_stage.check(alarm_at=NOW)
    on_stage.nodes.held = [I1, I2]
    on_stage.check(alarm_at=NOW)

    assert on_stage.kinds == ["nodes-not-ready", "nodes-ready"]


def test_a_cluster_that_does_not_answer_is_no_alarm_and_told_of_once_for_all_lives(on_stage: CheckStage) -> None:
    on_stage.nodes.away = True
    assert on_stage.check() == "not known: find nodes: no answer: too slow"
    assert on_stage.told == []

    on_stage.check(alarm_at=NOW)
    on_stage.check(alarm_at=NOW, life="20260302T1130")

    assert on_stage.told == [
        about(
            key="train:nodes-unknown",
            kind="nodes-unknown",
            severity=Severity.WARNING,
            title="Nobody can say whether the nodes of train are ready",
            text="They were looked for in cluster ml: find nodes: no answer: too slow.",
            next_step=(
                'Give the role of check_nodes an access entry and its RBAC, or set "check_nodes": "off" in the '
                "settings of pool training."
            ),
        )
    ]


def test_a_group_that_does_not_say_which_cluster_it_is_in_is_not_known(on_stage: CheckStage) -> None:
    on_stage.stage.lifecycle.held.clear()
    on_stage.stage.add(I1, state="InService", tags={"kubernetes.io/cluster/other": "owned"})

    assert on_stage.check(alarm_at=NOW, wanted=1).startswith("not known: tags kubernetes.io/cluster/<name> of train")
    assert on_stage.kinds == ["nodes-unknown"]
    assert on_stage.clusters == []


def test_by_hand_it_is_answered_and_nobody_is_told(on_stage: CheckStage) -> None:
    assert on_stage.check(alarm_at=None, life="", wanted=None) == "2 of 2 nodes are ready"
    assert on_stage.told == []


def test_what_ec2_does_not_tell_of_the_block_is_not_needed_where_the_tag_knows_it(on_stage: CheckStage) -> None:
    on_stage.stage.blocks.errors["block_of"] = unclear("DescribeInstances")

    assert on_stage.check() == "2 of 2 nodes are ready"
    assert on_stage.kinds == ["nodes-ready"]


NOT_LOOKED_AT: dict[str, tuple[dict[str, str], str]] = {
    "no group of nodes": ({tag.DRAIN: "none"}, "its nodes are in no Kubernetes cluster"),
    "in no pool": ({tag.POOL: ""}, "its group is in no pool, or on no block"),
}


@pytest.mark.parametrize(("tags", "outcome"), NOT_LOOKED_AT.values(), ids=NOT_LOOKED_AT.keys())
def test_it_is_not_looked_at(on_stage: CheckStage, tags: dict[str, str], outcome: str) -> None:
    on_stage.stage.lifecycle.held.clear()
    on_stage.stage.add(I1, state="InService", tags=tags)

    assert (on_stage.check(alarm_at=NOW), on_stage.told, on_stage.clusters) == (outcome, [], [])


def test_a_pool_may_want_no_look_or_less_of_one(on_stage: CheckStage) -> None:
    on_stage.nodes.devices = {}
    on_stage.stage.settings.held["training"] = '{"check_nodes": "off"}'
    assert on_stage.check(alarm_at=NOW) == "the pool asks for none"

    on_stage.stage.settings.held["training"] = '{"check_nodes": "ready"}'
    assert on_stage.check(alarm_at=NOW) == "2 of 2 nodes are ready"
    assert [notice.title for notice in on_stage.told] == ["train is good: 2 of 2 nodes are ready"]


def test_where_nothing_is_in_service_there_is_nothing_to_look_at(on_stage: CheckStage) -> None:
    on_stage.stage.lifecycle.held.clear()

    assert on_stage.check(alarm_at=NOW) == "no instance is in service"


WHOLE = {"group": "train", "region": REGION, "life": "first", "wanted": 8, "alarm_at": "2026-03-02T10:50:00+00:00"}


def test_an_event_is_read() -> None:
    assert parse({"trigger": "reconcile", **WHOLE}, [REGION], "eu-west-1") == CheckRequest(
        group="train", region=REGION, life="first", wanted=8, alarm_at=NOW
    )
    assert parse({"group": "train"}, [REGION], REGION) == CheckRequest(group="train", region=REGION)
    assert parse({**WHOLE, "alarm_at": "2026-03-02T10:50:00"}, [REGION], REGION).alarm_at == NOW


WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([], "[] is list; allowed: a JSON object"),
    "no group": ({}, "group is None; allowed: a string"),
    "a region that is not looked after": (WHOLE | {"region": "xx"}, f"region is 'xx'; allowed: {REGION}"),
    "a life in numbers": (WHOLE | {"life": 1}, "life is 1; allowed: a string"),
    "none wanted": (WHOLE | {"wanted": 0}, "wanted is 0; allowed: a whole number from 1 on"),
    "a switch": (WHOLE | {"wanted": True}, "wanted is True; allowed: a whole number from 1 on"),
    "no instant": (
        WHOLE | {"alarm_at": "soon"}, "alarm_at is 'soon'; allowed: an instant such as 2026-03-02T10:50:00Z"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("event", "message"), WRONG.values(), ids=WRONG.keys())
def test_an_event_that_is_wrong_is_refused_in_words(event: Any, message: str) -> None:
    with pytest.raises(CheckRequestError) as refused:
        parse(event, [REGION], REGION)

    assert str(refused.value) == message
