"""Drains that do not move by themselves: people hear of them before it is too late, and not too often."""

import pytest

from capacity_blocks.core.drain.verdict import Verdict
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.draining.drainer import Outcome
from tests.factories import REGION
from tests.fakes import unclear
from tests.fakes.nodes import FakePod
from tests.unit.shell.draining.stage import DEADLINE, DRAIN_AT, I1, MINUTE, SECOND, Stage

I2, I3 = "i-0b", "i-0c"
HELD = "ml/worker is held back by PodDisruptionBudget ml/workers"


def stuck(stage: Stage, *instance_ids: str, **pod: str) -> None:
    stage.add(*instance_ids)
    for each in instance_ids:
        stage.cluster.pods[each] = [FakePod(**{"name": "ml/worker", "held": "ml/workers"} | pod)]  # type: ignore[arg-type]  # no other fields
        stage.start(each, run=f"run {each}")


def test_a_budget_that_never_gives_way_is_told_of_and_the_instance_let_go_at_the_deadline() -> None:
    stage = Stage()
    stuck(stage, I1)
    stage.run()

    (report,) = stage.drains.results("cr-0a")
    assert (report.verdict, report.ended, report.reasons) == (Verdict.LET_GO, DEADLINE, (HELD,))
    assert stage.lifecycle.completed == {I1: DEADLINE}
    assert stage.notifier.sent == [
        Notice(
            key="cr-0a:stuck-drain:20260302T1051",
            kind="stuck-drain",
            severity=Severity.CRITICAL,
            title="1 instance of cr-0a will not be drained in time",
            text=f"{I1}: {HELD}.",
            next_step=("Do what each line says before 10:59:00 UTC: then they are let go, with what is still on them."),
            pool="training",
            region=REGION,
            reservation_id="cr-0a",
            target="train",
            facts=(("instances", I1),),
        )
    ]
    assert (REGION, "cr-0a:stuck-drain:20260302T1051") in stage.ledger.sent


def test_many_are_told_of_together() -> None:
    stage = Stage()
    many = tuple(f"i-{number:02x}" for number in range(64))
    stuck(stage, *many)
    stage.run()

    (notice,) = stage.notifier.sent
    assert notice.title == "64 instances of cr-0a will not be drained in time"
    assert notice.text == f"i-00, i-01, i-02, i-03 and 60 more: {HELD}."
    assert set(stage.outcomes.values()) == {Outcome.LET_GO}


def test_one_that_gets_stuck_later_is_told_of_later_with_all_that_still_are() -> None:
    stage = Stage()
    stuck(stage, I1, I2, I3)
    stage.cluster.pods[I3] = [FakePod("ml/leader", takes=10 * MINUTE)]
    stage.at(DRAIN_AT + 70 * SECOND, lambda: stage.cluster.pods.update({I1: []}))
    stage.at(DRAIN_AT + 75 * SECOND, lambda: stage.cluster.pods.update({I3: [FakePod("ml/leader", held="ml/leaders")]}))
    stage.run()

    first, second = stage.notifier.sent
    assert (first.key, second.key) == ("cr-0a:stuck-drain:20260302T1051", "cr-0a:stuck-drain:20260302T1052")
    assert first.text == f"{I1}, {I2}: {HELD}."
    assert second.text == f"{I2}: {HELD}. {I3}: ml/leader is held back by PodDisruptionBudget ml/leaders."


def test_what_clears_up_by_itself_is_not_told() -> None:
    stage = Stage()
    stuck(stage, I1)
    stage.at(DRAIN_AT + 40 * SECOND, lambda: setattr(stage.cluster.pods[I1][0], "held", ""))
    stage.run()

    assert stage.notifier.sent == []
    assert stage.outcomes == {f"run {I1}": Outcome.DRAINED}


def test_a_notice_that_could_not_be_sent_is_sent_by_a_later_look() -> None:
    stage = Stage()
    stuck(stage, I1)
    stage.notifier.errors["send"] = unclear("Publish")
    stage.at(DRAIN_AT + 3 * MINUTE, stage.notifier.errors.clear)
    stage.run()

    assert len(stage.notifier.sent) == 1
    assert stage.outcomes == {f"run {I1}": Outcome.LET_GO}


def test_a_notice_that_another_run_dropped_is_sent_after_all() -> None:
    stage = Stage()
    stuck(stage, I1)
    stage.ledger.saying[REGION, "cr-0a:stuck-drain:20260302T1051"] = ("a run that crashed", DRAIN_AT + 50 * SECOND)
    stage.run()

    assert len(stage.notifier.sent) == 1


def test_a_stumble_of_our_own_is_told_of_like_anything_else_that_holds_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stuck(stage, I1)
    answer: dict[str, str] = {}
    monkeypatch.setattr(type(stage.cluster), "look", lambda *_: answer["taskDefinitionArn"])
    stage.run()

    (notice,) = stage.notifier.sent
    assert "this application stumbled: KeyError('taskDefinitionArn')" in notice.text
    assert stage.lifecycle.completed == {I1: DEADLINE}
