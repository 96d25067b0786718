"""Lifecycle hooks: instances that wait before they end or serve, and what lets them go."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.auto_scaling.journal import InstanceTerminating, LifecycleActionBegan, LifecycleActionEnded
from tests.simulator.groups_stage import END, START, Stage, refusal, staged

TERMINATING, LAUNCHING = "autoscaling:EC2_INSTANCE_TERMINATING", "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATE, LAUNCH = "EC2 Instance-terminate Lifecycle Action", "EC2 Instance-launch Lifecycle Action"
BLOCK = "cr-0123456789abcdef1"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def _hook(stage: Stage, name: str = "drain", transition: str = TERMINATING, **changes: Any) -> None:
    stage.client("autoscaling").put_lifecycle_hook(
        **{
            "AutoScalingGroupName": "train",
            "LifecycleHookName": name,
            "LifecycleTransition": transition,
            "HeartbeatTimeout": 300,
            "DefaultResult": "CONTINUE",
            **changes,
        }
    )


def _act(stage: Stage, call: str, name: str = "drain", **named: str) -> None:
    getattr(stage.client("autoscaling"), call)(AutoScalingGroupName="train", LifecycleHookName=name, **named)


def _complete(stage: Stage, instance_id: str, name: str = "drain", result: str = "CONTINUE") -> None:
    _act(stage, "complete_lifecycle_action", name, InstanceId=instance_id, LifecycleActionResult=result)


def _waiting(stage: Stage, size: int = 2, **changes: Any) -> list[str]:
    """Instances that have just begun to wait for the hook `drain`, the group having been scaled in to zero."""
    stage.running(size)
    _hook(stage, **changes)
    stage.desire(0)
    stage.run(seconds=2)
    assert stage.lifecycles() == ["Terminating:Wait"] * size
    return stage.instances()


def _details(stage: Stage, detail_type: str = TERMINATE) -> list[dict[str, Any]]:
    return [detail for _, kind, detail, _ in stage.events if kind == detail_type]


def _ended(stage: Stage) -> list[tuple[datetime, str, str, str]]:
    return [(one.at, one.hook, one.result, one.why) for one in stage.journal.of(LifecycleActionEnded)]


def test_an_instance_that_waits_runs_on_keeps_its_slot_and_does_not_count(stage: Stage) -> None:
    _waiting(stage, 2)
    stage.run(minutes=4)
    assert (stage.states(BLOCK), stage.free(BLOCK), stage.numbers()) == (["running"] * 2, 2, (0, 8, 0))
    assert {one["StatusCode"] for one in stage.activities()[:2]} == {"MidLifecycleAction"}
    shown = stage.client("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
    assert [one["LifecycleState"] for one in shown] == ["Terminating:Wait"] * 2


def test_the_event_names_what_waits_for_which_hook(stage: Stage) -> None:
    instance_id = _waiting(stage, 1, NotificationMetadata="pool=training")[0]
    [(_, _, detail, resources)] = [event for event in stage.events if event[1] == TERMINATE]
    assert len(detail.pop("LifecycleActionToken")) == 36
    assert detail == {
        "AutoScalingGroupName": "train",
        "LifecycleHookName": "drain",
        "EC2InstanceId": instance_id,
        "LifecycleTransition": TERMINATING,
        "NotificationMetadata": "pool=training",
        "Origin": "AutoScalingGroup",
        "Destination": "EC2",
    }
    assert resources == [stage.described()["AutoScalingGroupARN"]]
    [began] = stage.journal.of(LifecycleActionBegan)
    assert (began.instance_id, began.hook, began.reservation_id) == (instance_id, "drain", BLOCK)


def test_a_completed_action_lets_the_instance_proceed_and_no_other(stage: Stage) -> None:
    first, second = _waiting(stage, 2)
    _complete(stage, first)
    assert stage.lifecycles() == ["Terminating:Proceed", "Terminating:Wait"]
    assert stage.states(BLOCK) == ["running", "running"]
    stage.run(seconds=3)
    assert stage.states(BLOCK) == ["shutting-down", "running"]
    stage.run(seconds=50)
    assert stage.instances() == [second]
    assert stage.activities()[1]["StatusCode"] == "Successful"


def test_an_action_is_completed_once_and_by_its_own_token(stage: Stage) -> None:
    first, second = _waiting(stage, 2)
    token = _details(stage)[1]["LifecycleActionToken"]
    call = stage.client("autoscaling").complete_lifecycle_action
    named = {"AutoScalingGroupName": "train", "LifecycleHookName": "drain", "LifecycleActionResult": "CONTINUE"}
    wrong = [
        {"LifecycleActionToken": token, "InstanceId": first},
        {"LifecycleActionToken": token, "LifecycleHookName": "other"},
        {"LifecycleActionToken": token, "LifecycleActionResult": "GO"},
        {},
    ]
    assert {refusal(call, **{**named, **one}) for one in wrong} == {"ValidationError"}
    assert stage.lifecycles() == ["Terminating:Wait"] * 2
    call(**named, LifecycleActionToken=token)
    assert stage.lifecycles() == ["Terminating:Wait", "Terminating:Proceed"]
    with pytest.raises(ClientError, match=f"No active Lifecycle Action found with instance ID {second}"):
        call(**named, InstanceId=second)
    with pytest.raises(ClientError, match=f"No active Lifecycle Action found with token {token}"):
        call(**named, LifecycleActionToken=token)


@pytest.mark.parametrize("result", ["CONTINUE", "ABANDON"])
def test_an_instance_nobody_completes_is_terminated_when_the_heartbeat_times_out(stage: Stage, result: str) -> None:
    _waiting(stage, 1, DefaultResult=result)
    began = stage.clock.now()
    stage.run(seconds=299)
    assert stage.lifecycles() == ["Terminating:Wait"]
    stage.run(seconds=1)
    assert stage.lifecycles() == ["Terminating:Proceed"]
    assert _ended(stage) == [(began + timedelta(seconds=300), "drain", result, "Heartbeat Timeout")]
    stage.run(minutes=1)
    assert stage.instances() == []


def test_a_heartbeat_begins_the_time_out_anew(stage: Stage) -> None:
    [instance_id] = _waiting(stage, 1)
    stage.run(seconds=200)
    _act(stage, "record_lifecycle_action_heartbeat", InstanceId=instance_id)
    stage.run(seconds=299)
    assert stage.lifecycles() == ["Terminating:Wait"]
    _act(stage, "record_lifecycle_action_heartbeat", LifecycleActionToken=_details(stage)[0]["LifecycleActionToken"])
    stage.run(seconds=299)
    assert stage.lifecycles() == ["Terminating:Wait"]
    stage.run(seconds=1)
    assert stage.lifecycles() == ["Terminating:Proceed"]


def test_heartbeats_hold_no_longer_than_the_global_time_out(stage: Stage) -> None:
    [instance_id] = _waiting(stage, 1, HeartbeatTimeout=30)
    began = stage.clock.now()
    for _ in range(120):
        stage.run(seconds=25)
        _act(stage, "record_lifecycle_action_heartbeat", InstanceId=instance_id)
        if stage.clock.now() == began + timedelta(seconds=2975):
            break
    stage.run(seconds=25)
    assert _ended(stage) == [(began + timedelta(seconds=3000), "drain", "CONTINUE", "Global Timeout")]


@pytest.mark.parametrize(("heartbeat", "longest"), [(30, 3000), (1728, 172800), (7200, 172800)])
def test_the_global_time_out_is_shown(stage: Stage, heartbeat: int, longest: int) -> None:
    stage.group(stage.template(None, InstanceMarketOptions=None, InstanceType="m5.large"))
    _hook(stage, HeartbeatTimeout=heartbeat)
    [shown] = stage.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName="train")["LifecycleHooks"]
    assert (shown["HeartbeatTimeout"], shown["GlobalTimeout"]) == (heartbeat, longest)


def test_a_hook_that_makes_no_sense_is_refused(stage: Stage) -> None:
    stage.group(stage.template(None, InstanceMarketOptions=None, InstanceType="m5.large"))
    put = stage.client("autoscaling").put_lifecycle_hook
    named = {"AutoScalingGroupName": "train", "LifecycleHookName": "drain"}
    wrong: list[dict[str, Any]] = [
        {},
        {"LifecycleTransition": "autoscaling:EC2_INSTANCE_RESTING"},
        {"LifecycleTransition": TERMINATING, "HeartbeatTimeout": 29},
        {"LifecycleTransition": TERMINATING, "HeartbeatTimeout": 7201},
        {"LifecycleTransition": TERMINATING, "DefaultResult": "RETRY"},
    ]
    assert [refusal(put, **named, **one) for one in wrong] == ["ValidationError"] * 5
    for number in range(50):
        _hook(stage, f"hook-{number}")
    assert refusal(put, **named, LifecycleTransition=TERMINATING) == "LimitExceeded"
    _hook(stage, "hook-0", HeartbeatTimeout=60)


def test_an_instance_waits_for_all_hooks_of_its_group_and_each_is_told(stage: Stage) -> None:
    stage.running(1)
    _hook(stage, "drain")
    _hook(stage, "logs", HeartbeatTimeout=60)
    stage.desire(0)
    stage.run(seconds=2)
    assert [one["LifecycleHookName"] for one in _details(stage)] == ["drain", "logs"]
    [instance_id] = stage.instances()
    _complete(stage, instance_id)
    assert stage.lifecycles() == ["Terminating:Wait"]
    stage.run(seconds=60)
    assert stage.lifecycles() == ["Terminating:Proceed"]


def test_an_abandoned_hook_stops_the_other_hooks(stage: Stage) -> None:
    stage.running(1)
    _hook(stage, "drain")
    _hook(stage, "logs", DefaultResult="ABANDON", HeartbeatTimeout=60)
    stage.desire(0)
    stage.run(seconds=62)
    [instance_id] = stage.instances()
    assert stage.lifecycles() == ["Terminating:Proceed"]
    call = stage.client("autoscaling").record_lifecycle_action_heartbeat
    code = refusal(call, AutoScalingGroupName="train", LifecycleHookName="drain", InstanceId=instance_id)
    assert code == "ValidationError"


def test_a_deleted_hook_lets_its_instances_go(stage: Stage) -> None:
    _waiting(stage, 2)
    _act(stage, "delete_lifecycle_hook")
    assert stage.lifecycles() == ["Terminating:Proceed"] * 2
    assert {(result, why) for _, _, result, why in _ended(stage)} == {("CONTINUE", "Lifecycle Hook Deleted")}


def test_a_hook_that_is_changed_holds_those_that_wait_as_before(stage: Stage) -> None:
    _waiting(stage, 1)
    _hook(stage, HeartbeatTimeout=30)
    stage.run(seconds=299)
    assert stage.lifecycles() == ["Terminating:Wait"]


def test_what_is_wanted_again_is_launched_beside_those_that_wait_as_far_as_there_are_slots(stage: Stage) -> None:
    waiting = _waiting(stage, 3)
    stage.desire(2)
    stage.run(seconds=42)
    assert sorted(stage.lifecycles()) == ["InService", *["Terminating:Wait"] * 3]
    assert stage.activities()[0]["StatusCode"] == "Failed"
    for instance_id in waiting:
        _complete(stage, instance_id)
    stage.run(minutes=8)
    assert stage.lifecycles() == ["InService"] * 2


def test_scale_in_waits_only_for_what_is_scaled_in_and_spares_the_protected(stage: Stage) -> None:
    stage.running(3)
    _hook(stage)
    kept = stage.instances()[0]
    stage.client("autoscaling").set_instance_protection(
        AutoScalingGroupName="train", InstanceIds=[kept], ProtectedFromScaleIn=True
    )
    stage.desire(0)
    stage.run(seconds=2)
    assert stage.lifecycles() == ["InService", "Terminating:Wait", "Terminating:Wait"]
    code = refusal(
        stage.client("autoscaling").set_instance_protection,
        AutoScalingGroupName="train",
        InstanceIds=stage.instances()[1:],
        ProtectedFromScaleIn=True,
    )
    assert code == "ValidationError"


@pytest.mark.parametrize(("decrement", "desired"), [(True, 1), (False, 2)])
def test_an_instance_that_is_ended_by_hand_waits_too(stage: Stage, decrement: bool, desired: int) -> None:
    stage.running(2)
    _hook(stage)
    ended = stage.instances()[0]
    call = stage.client("autoscaling").terminate_instance_in_auto_scaling_group
    answer = call(InstanceId=ended, ShouldDecrementDesiredCapacity=decrement)
    assert answer["Activity"]["StatusCode"] == "MidLifecycleAction"
    stage.run(minutes=1)
    assert sorted(stage.lifecycles()) == [*["InService"] * desired, "Terminating:Wait"]
    assert stage.numbers() == (0, 8, desired)
    assert refusal(call, InstanceId=ended, ShouldDecrementDesiredCapacity=True) == "ScalingActivityInProgress"


def test_an_unhealthy_instance_waits_and_its_replacement_does_not_wait_for_it(stage: Stage) -> None:
    stage.running(1)
    _hook(stage)
    sick = stage.instances()[0]
    for _ in range(2):  # saying it twice changes nothing
        stage.client("autoscaling").set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    stage.run(minutes=1)
    assert stage.lifecycles() == ["Terminating:Wait", "InService"]
    assert len(_details(stage)) == 1


def test_ec2_ends_what_waits_at_reclaim_and_the_group_keeps_it_until_the_action_is_completed(stage: Stage) -> None:
    stage.running(1)
    _hook(stage, HeartbeatTimeout=7200)
    stage.until(END - timedelta(minutes=40))
    stage.desire(0)
    stage.until(END - timedelta(minutes=30))
    [ended] = stage.journal.of(InstanceTerminating)
    assert (ended.at, ended.reason) == (END - timedelta(minutes=30), "EC2 reclaimed the Capacity Block")
    stage.run(minutes=5)
    assert (stage.states(BLOCK), stage.lifecycles()) == (["terminated"], ["Terminating:Wait"])
    _complete(stage, stage.instances()[0])
    stage.run(seconds=3)
    assert stage.instances() == []


def test_ec2_ends_what_serves_past_the_hook_which_is_told_afterwards(stage: Stage) -> None:
    stage.running(1)
    _hook(stage)
    stage.until(END - timedelta(minutes=30))
    assert (stage.states(BLOCK), _details(stage)) == (["shutting-down"], [])
    stage.run(seconds=30)  # the health check
    assert (stage.lifecycles(), len(_details(stage))) == (["Terminating:Wait"], 1)


def test_an_instance_that_ec2_ended_does_not_wait_where_that_is_assumed() -> None:
    with staged(terminated_instances_wait=False) as stage:
        stage.running(1)
        _hook(stage)
        stage.client("autoscaling").suspend_processes(AutoScalingGroupName="train", ScalingProcesses=["Launch"])
        stage.client("ec2").terminate_instances(InstanceIds=stage.instances())
        stage.run(minutes=2)
        assert (stage.instances(), _details(stage)) == ([], [])


def test_an_instance_that_waits_is_not_detached_nor_put_aside(stage: Stage) -> None:
    [instance_id] = _waiting(stage, 1)
    groups = stage.client("autoscaling")
    asked = {
        "AutoScalingGroupName": "train",
        "InstanceIds": [instance_id],
        "ShouldDecrementDesiredCapacity": False,
    }
    assert refusal(groups.detach_instances, **asked) == "ValidationError"
    assert refusal(groups.enter_standby, **asked) == "ValidationError"


def test_a_group_that_is_deleted_by_force_waits_for_no_hook(stage: Stage) -> None:
    stage.running(2)
    _hook(stage)
    groups = stage.client("autoscaling")
    groups.terminate_instance_in_auto_scaling_group(
        InstanceId=stage.instances()[0], ShouldDecrementDesiredCapacity=True
    )
    groups.delete_auto_scaling_group(AutoScalingGroupName="train", ForceDelete=True)
    assert stage.states(BLOCK) == ["shutting-down"] * 2
    stage.run(minutes=1)
    assert groups.describe_auto_scaling_groups()["AutoScalingGroups"] == []


def test_an_abandoned_instance_is_retained_where_the_group_says_so_until_it_is_ended_by_hand(stage: Stage) -> None:
    policy = {"RetentionTriggers": {"TerminateHookAbandon": "retain"}}
    stage.running(2, InstanceLifecyclePolicy=policy)
    _hook(stage)
    stage.desire(0)
    stage.run(seconds=2)
    kept, gone = stage.instances()
    _complete(stage, kept, result="ABANDON")
    _complete(stage, gone)
    stage.run(hours=3)
    assert (stage.instances(), stage.lifecycles(), stage.free(BLOCK)) == ([kept], ["Terminating:Retained"], 3)
    stage.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=kept, ShouldDecrementDesiredCapacity=False
    )
    stage.run(minutes=1)
    assert stage.instances() == []


def _launching(stage: Stage, **changes: Any) -> str:
    """An instance that has booted and waits for a launch hook."""
    specification = {
        "LifecycleHookName": "prepare",
        "LifecycleTransition": LAUNCHING,
        "HeartbeatTimeout": 300,
        **changes,
    }
    stage.group(stage.template(stage.block()), LifecycleHookSpecificationList=[specification])
    stage.until(START + timedelta(minutes=2))
    stage.desire(1)
    stage.run(seconds=42)
    assert stage.lifecycles() == ["Pending:Wait"]
    return stage.instances()[0]


def test_a_launched_instance_waits_before_it_serves(stage: Stage) -> None:
    instance_id = _launching(stage)
    [detail] = _details(stage, LAUNCH)
    assert (detail["EC2InstanceId"], detail["Origin"], detail["Destination"]) == (
        instance_id,
        "EC2",
        "AutoScalingGroup",
    )
    stage.run(minutes=1)  # it counts: no other is launched
    assert stage.instances() == [instance_id]
    _complete(stage, instance_id, "prepare")
    assert stage.lifecycles() == ["Pending:Proceed"]
    stage.run(seconds=3)
    assert stage.lifecycles() == ["InService"]
    assert stage.activities()[0]["StatusCode"] == "Successful"


def test_an_abandoned_launch_is_terminated_and_tried_again(stage: Stage) -> None:
    instance_id = _launching(stage)  # the default result is ABANDON
    stage.run(seconds=300)
    launch = next(one for one in reversed(stage.activities()))
    assert (launch["StatusCode"], launch["StatusMessage"].split(": ")[2]) == ("Cancelled", "Heartbeat Timeout")
    stage.run(seconds=60)
    assert stage.lifecycles() == ["Pending:Wait"]
    assert stage.instances() != [instance_id]


def test_a_launch_that_waits_is_scaled_in_without_its_hook(stage: Stage) -> None:
    instance_id = _launching(stage)
    stage.desire(0)
    stage.run(minutes=1)
    assert stage.instances() == []
    code = refusal(
        stage.client("autoscaling").complete_lifecycle_action,
        AutoScalingGroupName="train",
        LifecycleHookName="prepare",
        InstanceId=instance_id,
        LifecycleActionResult="CONTINUE",
    )
    assert code == "ValidationError"
