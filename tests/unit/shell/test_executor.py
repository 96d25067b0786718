"""How actions are carried out, and how notices are sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.core.action import (
    Action,
    CheckNodes,
    DeleteHook,
    DeleteScheduledAction,
    PutHook,
    PutScheduledAction,
    ResumeLaunch,
    Say,
    Scale,
    StartDrain,
    Unbind,
    Unprotect,
    WarnNodes,
)
from capacity_blocks.core.binding import Claim, ClaimState, Previous
from capacity_blocks.core.drain.hook import LifecycleHook
from capacity_blocks.core.drain.step import Step
from capacity_blocks.core.target import Suspension
from capacity_blocks.executor import DryRunExecutor, ObservingExecutor, described
from capacity_blocks.ports import AwsError
from tests.factories import REGION, START, a_notice
from tests.fakes import FakeClock, refused, unclear
from tests.unit.shapes import drain_action, instances, start_action
from tests.unit.shell.stage import BIND, BIND_GPU, GPU, NOW, TRAIN, UNBIND, Stage, a_stage

MOMENT = timedelta(microseconds=1)
OUT = Scale(
    target=TRAIN, reservation_id="cr-0a", minimum=0, maximum=8, desired=8, before=NOW, reason="the block is active"
)
IN = replace(OUT, maximum=0, desired=0, before=None, reason="the block is draining")
SAY = Say(notice=a_notice(), reason="the block is active")
PUT = PutScheduledAction(target=TRAIN, reservation_id="cr-0a", scheduled=start_action(), reason="the block is paid")
DELETE = DeleteScheduledAction(target=TRAIN, reservation_id="cr-0a", name=drain_action().name, reason="it is over")
UNPROTECT = Unprotect(target=TRAIN, reservation_id="cr-0a", instance_ids=("i-00",), reason="the block is draining")
RESUME = ResumeLaunch(target=TRAIN, reservation_id="cr-0a", reason="launches had failed")
PUT_HOOK = PutHook(target=TRAIN, reservation_id="cr-0a", heartbeat=timedelta(minutes=7), reason="eks drains it")
DELETE_HOOK = DeleteHook(target=TRAIN, reservation_id="cr-0a", reason="nothing on it is to be drained")
START_DRAIN = StartDrain(
    target=TRAIN, reservation_id="cr-0a", instance_id="i-0a", method="eks", deadline=START, reason="it waits"
)
WARN = WarnNodes(
    target=TRAIN, reservation_id="cr-0a", step=Step.MARK, key="cr-0a:train:mark:1", reason="its drain is near"
)
CHECK = CheckNodes(
    target=TRAIN, reservation_id="cr-0a", life="first", wanted=8, alarm_at=START, reason="all are in service"
)
BUSY = AwsError("UpdateNodegroupConfig", "ResourceInUseException", "an update is under way", definite=True)


def execute(stage: Stage, action: Action) -> str:
    targets = {t: stage.seen(t) for t in (TRAIN, GPU) if t == TRAIN or stage.region.node_groups.held}
    return stage.live().execute(stage.port, targets, action)


def sizes(stage: Stage) -> tuple[int, int, int]:
    return (stage.group.minimum, stage.group.maximum, stage.group.desired)


def test_a_group_is_scaled_out_until_its_drain() -> None:
    stage = a_stage()
    stage.clock.instant = NOW - MOMENT

    assert execute(stage, OUT) == "done"
    assert sizes(stage) == (0, 8, 8)


def test_a_group_is_not_scaled_out_by_a_run_that_was_held_up_until_its_drain() -> None:
    stage = a_stage()

    assert execute(stage, OUT) == "too late"
    assert sizes(stage) == (0, 12, 0)


def test_a_group_is_scaled_to_zero_at_any_time() -> None:
    stage = a_stage()

    assert execute(stage, IN) == "done"
    assert sizes(stage) == (0, 0, 0)


def test_a_node_group_is_scaled_through_eks_and_its_group_is_left() -> None:
    stage = a_stage()
    stage.add_node_group()

    assert execute(stage, replace(IN, target=GPU, maximum=8)) == "done"
    assert stage.region.node_groups.sizes == {("ml", "gpu"): (0, 8, 0)}
    assert stage.region.groups.groups["eks-gpu"].maximum == 8


def test_a_node_group_on_which_eks_is_at_work_is_scaled_by_the_next_run() -> None:
    stage = a_stage()
    stage.add_node_group()
    stage.region.node_groups.errors["scale"] = BUSY

    outcome = execute(stage, replace(OUT, target=GPU, before=None))

    assert outcome == "EKS is still at work on an update before this one"


def test_a_node_group_on_which_eks_is_at_work_at_its_drain_is_an_error() -> None:
    stage = a_stage()
    stage.add_node_group()
    stage.region.node_groups.errors["scale"] = BUSY

    with pytest.raises(AwsError):
        execute(stage, replace(IN, target=GPU, maximum=8))


def test_a_node_group_that_eks_refuses_to_scale_is_an_error() -> None:
    stage = a_stage()
    stage.add_node_group()
    stage.region.node_groups.errors["scale"] = refused()

    with pytest.raises(AwsError):
        execute(stage, replace(IN, target=GPU, maximum=8))


def test_scheduled_actions_are_written_and_deleted_on_the_group() -> None:
    stage = a_stage()
    stage.region.groups.put_scheduled_action("train", drain_action())

    assert [execute(stage, PUT), execute(stage, DELETE)] == ["done", "done"]
    assert stage.region.groups.scheduled_actions() == {"train": (start_action(),)}


def test_a_hook_is_put_and_deleted_on_the_group_and_its_tag_remembers_it() -> None:
    stage = a_stage()

    assert execute(stage, PUT_HOOK) == "done"
    assert stage.region.groups.hooks("train") == (
        LifecycleHook(name="capacity-blocks-drain", heartbeat=timedelta(minutes=7)),
    )
    assert stage.group.tags["capacity-blocks:hook"] == "420"
    assert stage.seen().hook == timedelta(minutes=7)

    assert execute(stage, DELETE_HOOK) == "done"
    assert stage.region.groups.hooks("train") == ()
    assert stage.seen().hook is None


@pytest.mark.parametrize("failing", ["put_hook", "set_tag"])
def test_a_hook_is_remembered_only_once_it_is_there(failing: str) -> None:
    stage = a_stage()
    stage.region.groups.errors[failing] = refused()

    with pytest.raises(AwsError):
        execute(stage, PUT_HOOK)

    assert stage.seen().hook is None


def test_a_hook_is_remembered_until_it_is_gone() -> None:
    stage = a_stage()
    execute(stage, PUT_HOOK)
    stage.region.groups.errors["delete_hook"] = refused()

    with pytest.raises(AwsError):
        execute(stage, DELETE_HOOK)

    assert stage.seen().hook == timedelta(minutes=7)


def test_a_drain_is_started_and_not_waited_for() -> None:
    stage = a_stage()

    assert execute(stage, START_DRAIN) == "started"
    assert stage.invocations.started == [
        ("drain", {"trigger": "reconcile", "instance_id": "i-0a", "region": "us-east-2"})
    ]
    assert [line["instance_id"] for line in stage.ledger.history["cr-0a"]] == ["i-0a"]


def test_nodes_are_warned_once_per_key() -> None:
    stage = a_stage()

    assert [execute(stage, WARN), execute(stage, WARN)] == ["started", "started already"]
    assert stage.invocations.started == [
        (
            "warn",
            {
                "trigger": "reconcile",
                "step": "mark",
                "group": "train",
                "region": "us-east-2",
                "key": "cr-0a:train:mark:1",
            },
        )
    ]
    assert stage.ledger.said(REGION) == {"cr-0a:train:mark:1": NOW}


def test_nodes_of_a_managed_node_group_are_warned_by_the_group_behind_it() -> None:
    stage = a_stage()
    stage.add_node_group()

    execute(stage, replace(WARN, target=GPU))

    assert [event["group"] for _, event in stage.invocations.started] == ["eks-gpu"]


def test_a_warning_that_could_not_be_started_is_not_taken_for_done() -> None:
    stage = a_stage()
    stage.invocations.errors["invoke"] = unclear("Invoke")

    with pytest.raises(AwsError):
        execute(stage, WARN)

    assert stage.ledger.said(REGION) == {}


def test_a_look_at_nodes_is_started_once_a_minute_and_is_no_deed() -> None:
    stage = a_stage()

    assert execute(stage, CHECK) == "started"
    stage.clock.instant = NOW + timedelta(seconds=3)
    assert execute(stage, CHECK) == "started a moment ago"  # by this very run, which keeps watch
    stage.clock.instant = NOW + timedelta(seconds=59)
    assert execute(stage, CHECK) == "started a moment ago"
    stage.clock.instant = NOW + timedelta(seconds=60)
    assert execute(stage, CHECK) == "started"
    asked = {"trigger": "reconcile", "group": "train", "region": REGION, "life": "first", "wanted": 8}
    assert stage.invocations.started == [("check", asked | {"alarm_at": CHECK.alarm_at.isoformat()})] * 2
    assert stage.ledger.said(REGION) == {}
    assert stage.ledger.history == {}


@pytest.mark.parametrize("action", [START_DRAIN, WARN, CHECK], ids=["StartDrain", "WarnNodes", "CheckNodes"])
def test_without_a_function_nothing_is_started_or_taken_for_done(action: StartDrain | WarnNodes | CheckNodes) -> None:
    stage = a_stage()
    executor = stage.live(drain=None, warn=None, check=None)

    outcome = executor.execute(stage.port, {TRAIN: stage.seen()}, action)

    assert outcome == "no function to do it"
    assert stage.invocations.started == []
    assert stage.ledger.said(REGION) == {}
    assert stage.ledger.history == {}


def test_a_notice_is_kept_in_the_history_of_its_block_where_that_is_asked_for_and_once() -> None:
    stage = a_stage()
    closing = replace(SAY, into_history=True)

    assert [execute(stage, closing), execute(stage, closing)] == ["said", "said already"]
    [line] = stage.ledger.history["cr-0a"]
    assert (line["did"], line["notice"], line["text"]) == ("Say", a_notice().title, a_notice().text)


def test_instances_lose_their_protection_and_launches_their_suspension() -> None:
    stage = a_stage()
    stage.region.groups.add(
        replace(stage.group, launch=Suspension.AUTO_SCALING, instances=instances(2, protected=True))
    )

    assert [execute(stage, UNPROTECT), execute(stage, RESUME)] == ["done", "done"]
    assert [i.protected for i in stage.group.instances] == [False, True]
    assert stage.group.launch is Suspension.NOBODY


def test_a_target_is_bound_and_set_free() -> None:
    stage = a_stage()

    assert execute(stage, BIND) == "bound"
    assert stage.seen().bound_to == "cr-0a"
    stage.clock.instant = START
    assert execute(stage, UNBIND) == "free"
    assert stage.seen().bound_to is None


def test_what_was_done_and_what_came_of_it_is_in_the_history_of_its_block() -> None:
    stage = a_stage()

    execute(stage, IN)

    assert stage.ledger.history == {
        "cr-0a": [
            {
                "did": "Scale",
                "outcome": "done",
                "target": "train",
                "reservation_id": "cr-0a",
                "minimum": "0",
                "maximum": "0",
                "desired": "0",
                "reason": "the block is draining",
            }
        ]
    }


def test_what_is_about_no_block_is_in_no_history() -> None:
    stage = a_stage()

    execute(stage, replace(DELETE, reservation_id=None))

    assert stage.ledger.history == {}


def test_a_history_that_cannot_be_written_makes_nothing_undone() -> None:
    stage = a_stage()
    stage.ledger.errors["append"] = unclear("PutItem")

    assert execute(stage, IN) == "done; not recorded: PutItem: ReadTimeoutError: no answer came"
    assert sizes(stage) == (0, 0, 0)


def test_people_are_told_of_a_bind_that_aws_refuses() -> None:
    stage = a_stage()
    stage.region.groups.errors["point"] = refused("UpdateAutoScalingGroup")

    with pytest.raises(AwsError):
        execute(stage, BIND)

    assert [(n.kind, n.target, n.reservation_id) for n in stage.notifier.sent] == [("bind-failed", "train", "cr-0a")]


def test_people_are_not_told_that_a_bind_failed_which_may_have_succeeded() -> None:
    stage = a_stage()
    stage.region.groups.errors["point"] = unclear()

    with pytest.raises(AwsError):
        execute(stage, BIND)

    assert stage.notifier.sent == []


def test_a_run_whose_claim_was_taken_over_stops_without_an_error() -> None:
    stage = a_stage()
    stage.add_node_group()
    execute(stage, BIND_GPU)
    taken = replace(stage.ledger.claims[GPU], run="other")

    def take_over(*_: object) -> None:
        stage.ledger.claims[GPU] = taken

    templates = stage.region.node_groups.describe

    def describe(target: object) -> object:
        take_over()
        return templates(target)  # type: ignore[arg-type]  # whatever it is asked for

    stage.region.node_groups.describe = describe  # type: ignore[method-assign,assignment]  # another run cuts in here

    assert execute(stage, BIND_GPU) == "ml/gpu: another run took over the claim"
    assert stage.ledger.claims[GPU] == taken


def test_a_run_whose_claim_was_taken_over_while_it_set_a_target_free_stops_without_an_error() -> None:
    stage = a_stage()
    execute(stage, BIND)
    stage.clock.instant = START
    taken = replace(stage.ledger.claims[TRAIN], run="other")

    def take_over(*_: object) -> None:
        stage.ledger.claims[TRAIN] = taken

    stage.region.groups.remove_tag = take_over  # type: ignore[method-assign,assignment]  # another run cuts in here

    assert execute(stage, UNBIND) == "train: another run took over the claim"
    assert stage.ledger.claims[TRAIN] == taken


def test_a_notice_is_sent_once() -> None:
    stage = a_stage()

    assert [execute(stage, SAY), execute(stage, SAY)] == ["said", "said already"]
    assert stage.notifier.sent == [a_notice(reason="the block is active")]
    assert stage.ledger.said(REGION) == {a_notice().key: NOW}


def test_a_notice_is_sent_again_when_a_run_ended_between_sending_and_recording() -> None:
    stage = a_stage()
    stage.ledger.errors["has_said"] = unclear()
    with pytest.raises(AwsError):
        execute(stage, SAY)
    del stage.ledger.errors["has_said"]

    speaker = stage.speaker("next")
    stage.clock.instant = NOW + timedelta(minutes=1) - MOMENT
    assert speaker.say(REGION, a_notice()) == "said already"
    stage.clock.instant = NOW + timedelta(minutes=1)
    assert speaker.say(REGION, a_notice()) == "said"
    assert stage.notifier.sent == [a_notice(reason="the block is active"), a_notice()]


def test_a_notice_that_could_not_be_sent_is_not_taken_for_sent() -> None:
    stage = a_stage()
    stage.notifier.errors["send"] = refused("Publish")

    with pytest.raises(AwsError):
        execute(stage, SAY)

    assert stage.ledger.said(REGION) == {}


ACTIONS = [BIND, UNBIND, OUT, IN, RESUME, UNPROTECT, PUT, DELETE, PUT_HOOK, DELETE_HOOK, START_DRAIN, WARN]


def untouched(stage: Stage) -> bool:
    return (
        stage.region.groups == a_stage().region.groups
        and stage.region.templates == a_stage().region.templates
        and stage.invocations.started == []
        and stage.ledger.claims == {}
        and stage.ledger.history == {}
    )


@pytest.mark.parametrize("action", ACTIONS, ids=[type(a).__name__ for a in ACTIONS])
def test_an_observer_changes_nothing(action: Action) -> None:
    stage = a_stage()

    outcome = ObservingExecutor(speaker=stage.speaker()).execute(stage.port, {}, action)

    assert outcome == "only observed"
    assert untouched(stage)


def test_an_observer_speaks() -> None:
    stage = a_stage()

    assert ObservingExecutor(speaker=stage.speaker()).execute(stage.port, {}, SAY) == "said"
    assert stage.notifier.sent == [a_notice(reason="the block is active")]


@pytest.mark.parametrize("action", [*ACTIONS, SAY], ids=[type(a).__name__ for a in [*ACTIONS, SAY]])
def test_a_dry_run_changes_nothing_and_is_silent(action: Action) -> None:
    stage = a_stage()

    assert DryRunExecutor().execute(stage.port, {}, action) == "dry run"
    assert untouched(stage)
    assert stage.notifier.sent == []


def test_an_action_is_described_in_plain_text() -> None:
    assert described(BIND) == {
        "target": "train",
        "reservation_id": "cr-0a",
        "subnets": "subnet-a",
        "reason": "it is free",
    }
    assert described(SAY) == {
        "notice": "train is scaled out to 8 on cr-0a",
        "severity": "info",
        "key": "cr-0a:train:scaled-out",
        "reason": "the block is active",
    }
    assert described(OUT)["before"] == "2026-02-20 09:00:00+00:00"
    assert described(UNPROTECT)["instance_ids"] == "i-00"
    assert described(PUT_HOOK)["heartbeat"] == "0:07:00"
    assert described(WARN)["step"] == "mark"


def test_a_claim_of_a_run_that_ended_is_held_against_nobody() -> None:
    claim = Claim(
        target=TRAIN, reservation_id="cr-0a", state=ClaimState.BINDING, run="one", at=NOW, previous=Previous()
    )
    ended = NOW + timedelta(minutes=6)

    assert claim.is_held_against("two", ended - MOMENT)
    assert not claim.is_held_against("two", ended)
    assert not claim.is_held_against("one", NOW)
    assert not replace(claim, state=ClaimState.UPDATING).is_held_against("two", NOW)
    assert replace(claim, state=ClaimState.FREEING).is_held_against("two", NOW)


def test_a_clock_that_ticks_makes_a_late_scale_out_too_late() -> None:
    stage = a_stage()
    stage.clock = FakeClock(NOW - MOMENT, tick=MOMENT)

    assert execute(stage, OUT) == "done"
    assert execute(stage, OUT) == "too late"


def test_what_is_set_free_for_the_block_it_names() -> None:
    other = Unbind(target=TRAIN, reservation_id="cr-0b", reason="the block is ended")

    assert described(other)["reservation_id"] == "cr-0b"
