"""Binding a target and setting it free, by one run after another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.binding import Claim, ClaimState, Previous
from capacity_blocks.core.drain.hook import LifecycleHook, ours
from capacity_blocks.core.target import TemplateVersion
from capacity_blocks.ports import AwsError, UpdateStatus
from tests.factories import TEMPLATE, a_group, a_launch_template
from tests.fakes import refused, unclear
from tests.unit.shapes import drain_action, instances, start_action
from tests.unit.shell.stage import (
    BIND,
    BIND_GPU,
    GPU,
    MINUTE,
    NOW,
    ORIGINAL,
    TRAIN,
    UNBIND,
    Stage,
    a_stage,
    binder,
    minutes,
)

MADE = TemplateVersion(template_id="lt-0a", version="2")
PREVIOUS = Previous(template=TEMPLATE, subnets=("subnet-a", "subnet-b"), maximum=12)
BOUND_GROUP = replace(
    ORIGINAL, tags={tag.POOL: "training", tag.BOUND_TO: "cr-0a"}, subnets=("subnet-a",), template=MADE
)
BOUND = Claim(
    target=TRAIN,
    reservation_id="cr-0a",
    state=ClaimState.BOUND,
    run="run",
    at=NOW,
    previous=PREVIOUS,
    made_version=MADE,
)
FOR_BLOCK = a_launch_template(version="2", market_type="capacity-block", reservation_id="cr-0a")


def a_bound_stage() -> Stage:
    """Return a stage whose group was bound an hour ago, and has both of its native actions."""
    stage = a_stage()
    binder(stage).bind(stage.port, stage.seen(), BIND, NOW - 60 * MINUTE)
    for action in (start_action(), drain_action()):
        stage.region.groups.put_scheduled_action("train", action)
    return stage


def test_a_bound_group_launches_from_a_version_for_the_block_into_its_zone_and_stays_empty() -> None:
    stage = a_stage()

    assert binder(stage).bind(stage.port, stage.seen(), BIND, NOW) == "bound"

    assert stage.group == BOUND_GROUP
    assert stage.region.templates.versions["lt-0a"] == {"1": a_launch_template(), "2": FOR_BLOCK}
    assert stage.ledger.claims[TRAIN] == BOUND


def test_the_claim_is_there_with_what_to_go_back_to_before_anything_is_changed() -> None:
    stage = a_stage()
    stage.region.templates.errors["version_for"] = unclear()

    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)

    assert stage.group == ORIGINAL
    assert stage.ledger.claims[TRAIN].state is ClaimState.BINDING
    assert stage.ledger.claims[TRAIN].previous == PREVIOUS


@pytest.mark.parametrize("method", ["point", "set_tag"])
def test_what_aws_refuses_is_rolled_back(method: str) -> None:
    stage = a_stage()
    stage.region.groups.errors[method] = refused()

    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)

    assert stage.group == ORIGINAL
    assert stage.region.templates.versions["lt-0a"] == {"1": a_launch_template()}
    assert stage.ledger.claims[TRAIN] == replace(BOUND, state=ClaimState.FREE, made_version=None)


def test_a_group_without_a_template_is_rolled_back_as_well() -> None:
    stage = Stage()
    stage.region.groups.add(replace(ORIGINAL, template=None))

    with pytest.raises(AwsError, match="the group has none"):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)

    assert stage.ledger.claims[TRAIN].state is ClaimState.FREE


@pytest.mark.parametrize("error", [refused(), unclear()], ids=["refused", "in doubt"])
def test_a_run_that_lost_its_claim_undoes_nothing(error: AwsError) -> None:
    stage = a_stage()
    taken = replace(BOUND, run="other", reservation_id="cr-0b")

    def refuse(*_: object) -> None:
        stage.ledger.claims[TRAIN] = taken
        raise error

    stage.region.groups.set_tag = refuse  # type: ignore[method-assign,assignment]  # another run takes over then

    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)

    assert stage.group.template == MADE
    assert stage.ledger.claims[TRAIN] == taken


def test_what_was_rolled_back_is_bound_once_it_can_be() -> None:
    stage = a_stage()
    stage.region.groups.errors["point"] = refused()
    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)
    del stage.region.groups.errors["point"]

    assert binder(stage, "next").bind(stage.port, stage.seen(), BIND, minutes(1)) == "bound"

    assert stage.group.tags[tag.BOUND_TO] == "cr-0a"
    assert stage.ledger.claims[TRAIN].previous == PREVIOUS


def test_a_rollback_that_fails_is_no_refusal_any_more() -> None:
    stage = a_stage()
    stage.region.groups.errors |= {"point": refused("UpdateAutoScalingGroup"), "restore": refused("Restore", "Gone")}

    with pytest.raises(AwsError, match=r"UpdateAutoScalingGroup: .*could not be undone: Restore: Gone") as raised:
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)

    assert not raised.value.definite


def test_what_aws_leaves_in_doubt_is_gone_on_with_by_the_next_run_at_once() -> None:
    stage = a_stage()
    stage.region.groups.errors["point"] = unclear()
    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)
    assert stage.ledger.claims[TRAIN].made_version == MADE
    del stage.region.groups.errors["point"]

    assert binder(stage, "next").bind(stage.port, stage.seen(), BIND, minutes(1)) == "bound"

    assert stage.group == BOUND_GROUP
    assert stage.ledger.claims[TRAIN] == replace(BOUND, run="next", at=minutes(1))


HELD = replace(BOUND, state=ClaimState.BINDING, run="other", made_version=None)


@pytest.mark.parametrize("state", [ClaimState.BINDING, ClaimState.FREEING])
def test_what_another_run_is_at_work_on_is_left_alone(state: ClaimState) -> None:
    stage = a_stage()
    stage.ledger.claims[TRAIN] = held = replace(HELD, state=state)
    just_before = minutes(6) - timedelta(microseconds=1)

    assert binder(stage).bind(stage.port, stage.seen(), BIND, just_before) == "run other is at work on it"
    assert binder(stage).unbind(stage.port, stage.seen(), UNBIND, just_before) == "run other is at work on it"

    assert stage.group == ORIGINAL
    assert stage.ledger.claims[TRAIN] == held


def test_what_a_run_left_behind_is_taken_up_when_it_must_have_ended() -> None:
    stage = a_stage()
    stage.ledger.claims[TRAIN] = HELD

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(6)) == "bound"

    assert stage.group == BOUND_GROUP


def test_a_run_that_lambda_repeats_under_its_own_name_goes_on() -> None:
    stage = a_stage()
    stage.ledger.claims[TRAIN] = replace(HELD, run="run")

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(1)) == "bound"


def test_what_another_reservation_left_half_done_is_bound_with_what_was_before_it() -> None:
    stage = a_stage()
    stage.ledger.claims[TRAIN] = replace(HELD, reservation_id="cr-00", made_version=MADE)
    stage.region.templates.add(replace(FOR_BLOCK, reservation_id="cr-00"))
    stage.region.groups.add(replace(ORIGINAL, subnets=("subnet-a",), template=MADE))

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(6)) == "bound"

    third = TemplateVersion(template_id="lt-0a", version="3")
    assert stage.group == replace(BOUND_GROUP, template=third)
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "3"}
    assert stage.ledger.claims[TRAIN] == replace(BOUND, at=minutes(6), made_version=third, stale_version=MADE)


def test_a_run_that_saw_the_target_before_another_bound_it_scales_nothing_in() -> None:
    stage = a_stage()
    seen_while_free = stage.seen()
    binder(stage).bind(stage.port, stage.seen(), BIND, NOW)
    stage.region.groups.add(running := replace(stage.group, desired=8, instances=instances(8)))
    just_before = minutes(12) - timedelta(microseconds=1)

    for run, reservation_id in (("late", "cr-0a"), ("later", "cr-0b")):
        stale = replace(BIND, reservation_id=reservation_id)
        assert binder(stage, run).bind(stage.port, seen_while_free, stale, just_before) == (
            "run run has bound it just now"
        )

    assert stage.group == running


def test_a_claim_that_was_not_closed_when_its_target_was_set_free_is_no_hindrance_later() -> None:
    stage = a_stage()
    stage.ledger.claims[TRAIN] = replace(BOUND, reservation_id="cr-00", made_version=None)

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(12)) == "bound"


def test_the_version_of_the_block_before_is_deleted_at_the_next_bind_and_not_sooner() -> None:
    stage = a_bound_stage()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}
    assert stage.group.template == MADE

    again = replace(BIND, reservation_id="cr-0b")
    assert binder(stage).bind(stage.port, stage.seen(), again, minutes(1)) == "bound"

    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "3"}
    assert stage.region.templates.versions["lt-0a"]["3"].reservation_id == "cr-0b"


def test_a_version_that_cannot_be_deleted_is_told_and_is_no_failed_bind() -> None:
    stage = a_bound_stage()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    stage.region.templates.errors["delete"] = refused("DeleteLaunchTemplateVersions")

    outcome = binder(stage).bind(stage.port, stage.seen(), replace(BIND, reservation_id="cr-0b"), minutes(1))

    assert outcome == (
        "bound; the template version of the block before is left: "
        "DeleteLaunchTemplateVersions: AccessDenied: not allowed"
    )
    assert stage.group.tags[tag.BOUND_TO] == "cr-0b"


def test_a_target_that_is_bound_again_to_the_same_block_keeps_its_version() -> None:
    stage = a_bound_stage()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(1)) == "bound"

    assert stage.group.template == MADE
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}


def test_what_its_owner_changed_while_a_target_was_free_is_what_was_before_the_next_bind() -> None:
    stage = a_bound_stage()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    mine = stage.region.templates.add(a_launch_template(version="7", tenancy="default"))
    stage.region.groups.add(replace(stage.group, maximum=3, subnets=("subnet-a",), template=mine))

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(1)) == "bound"

    assert stage.ledger.claims[TRAIN].previous == Previous(template=mine, subnets=("subnet-a",), maximum=3)
    assert stage.region.templates.versions["lt-0a"]["8"] == replace(FOR_BLOCK, version="8", tenancy="default")
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "7", "8"}


def test_a_group_goes_back_to_the_version_as_it_named_it() -> None:
    stage = Stage()
    newest = TemplateVersion(template_id="lt-0a", version="$Latest")
    stage.region.groups.add(replace(ORIGINAL, template=newest))
    stage.region.groups.errors["set_tag"] = refused()

    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, NOW)

    assert stage.group.template == newest


def test_the_version_of_the_block_before_outlives_a_bind_that_is_rolled_back_onto_it() -> None:
    stage = a_bound_stage()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    stage.region.groups.errors["point"] = refused()
    again = replace(BIND, reservation_id="cr-0b")
    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), again, minutes(1))
    assert stage.group.template == MADE
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}
    del stage.region.groups.errors["point"]

    binder(stage).bind(stage.port, stage.seen(), again, minutes(2))

    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "4"}


def test_a_bind_to_the_same_block_that_is_rolled_back_keeps_the_version_that_the_group_names() -> None:
    stage = a_bound_stage()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    stage.region.groups.errors["point"] = refused()
    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(), BIND, minutes(1))
    assert stage.group.template == MADE
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}
    del stage.region.groups.errors["point"]

    assert binder(stage).bind(stage.port, stage.seen(), BIND, minutes(2)) == "bound"
    assert stage.region.templates.versions["lt-0a"].keys() == {"1", "2"}


def test_two_targets_of_one_template_share_no_version() -> None:
    stage = a_stage()
    stage.region.groups.add(a_group("second"))
    second = replace(TRAIN, name="second")

    binder(stage).bind(stage.port, stage.seen(), BIND, NOW)
    binder(stage).bind(stage.port, stage.seen(second), replace(BIND, target=second), NOW)

    assert {g.template.version for g in stage.region.groups.groups.values() if g.template} == {"2", "3"}


def test_a_target_that_is_set_free_has_its_subnets_and_its_maximum_back_and_nothing_of_ours() -> None:
    stage = a_bound_stage()
    stage.region.groups.scale("train", minimum=0, maximum=0, desired=0)

    assert binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW) == "free"

    # The template keeps the market type: nothing can launch on demand by mistake.
    assert stage.group == replace(ORIGINAL, template=MADE)
    assert stage.region.groups.scheduled_actions() == {}
    assert stage.ledger.claims[TRAIN] == replace(BOUND, state=ClaimState.FREE, at=NOW)


def test_our_hook_and_its_tag_go_when_a_target_is_set_free_and_hooks_of_others_stay() -> None:
    stage = a_bound_stage()
    other = LifecycleHook(name="archive", heartbeat=timedelta(hours=1))
    for hook in (other, ours(7 * MINUTE)):
        stage.region.groups.put_hook("train", hook)
    stage.region.groups.set_tag("train", tag.HOOK, "420")
    stage.region.groups.scale("train", minimum=0, maximum=0, desired=0)

    assert binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW) == "free"
    assert stage.region.groups.hooks("train") == (other,)
    assert stage.group == replace(ORIGINAL, template=MADE)


def test_a_hook_that_could_not_be_deleted_keeps_the_target_bound_and_is_tried_again() -> None:
    stage = a_bound_stage()
    stage.region.groups.put_hook("train", ours(7 * MINUTE))
    stage.region.groups.set_tag("train", tag.HOOK, "420")
    stage.region.groups.scale("train", minimum=0, maximum=0, desired=0)
    stage.region.groups.errors["delete_hook"] = unclear()
    with pytest.raises(AwsError):
        binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    assert (stage.seen().bound_to, stage.seen().hook) == ("cr-0a", 7 * MINUTE)
    del stage.region.groups.errors["delete_hook"]

    assert binder(stage, "next").unbind(stage.port, stage.seen(), UNBIND, minutes(1)) == "free"
    assert stage.region.groups.hooks("train") == ()


def test_actions_of_somebody_else_stay_when_a_target_is_set_free() -> None:
    stage = a_bound_stage()
    nightly = replace(drain_action(NOW), name="nightly")
    stage.region.groups.put_scheduled_action("train", nightly)

    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)

    assert stage.region.groups.scheduled_actions() == {"train": (nightly,)}


def test_a_target_that_somebody_bound_by_hand_is_set_free_as_far_as_is_known() -> None:
    stage = a_stage()
    stage.region.groups.set_tag("train", tag.BOUND_TO, "cr-0a")
    stage.region.groups.put_scheduled_action("train", drain_action())

    assert binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW) == "free"

    assert stage.group == ORIGINAL
    assert stage.region.groups.scheduled_actions() == {}


def test_a_run_that_saw_the_block_before_leaves_what_was_bound_since() -> None:
    stage = a_bound_stage()
    seen_before = stage.seen()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    binder(stage).bind(stage.port, stage.seen(), replace(BIND, reservation_id="cr-0b"), minutes(1))
    stage.region.groups.add(running := replace(stage.group, desired=8, instances=instances(8)))
    stage.region.groups.put_scheduled_action("train", drain_action())

    assert binder(stage, "late").unbind(stage.port, seen_before, UNBIND, minutes(5)) == "run run has bound it just now"

    assert stage.group == running
    assert stage.region.groups.scheduled_actions() == {"train": (drain_action(),)}


def test_what_was_set_free_already_is_not_restored_once_more() -> None:
    stage = a_bound_stage()
    seen_before = stage.seen()
    binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    stage.region.groups.add(mine := replace(stage.group, maximum=3, desired=3))

    binder(stage, "late").unbind(stage.port, seen_before, UNBIND, minutes(1))

    assert stage.group == mine


@pytest.mark.parametrize("method", ["delete_scheduled_action", "restore", "remove_tag"])
def test_a_target_that_could_not_be_set_free_is_by_the_next_run(method: str) -> None:
    stage = a_bound_stage()
    stage.region.groups.errors[method] = unclear()
    with pytest.raises(AwsError):
        binder(stage).unbind(stage.port, stage.seen(), UNBIND, NOW)
    del stage.region.groups.errors[method]

    assert binder(stage, "next").unbind(stage.port, stage.seen(), UNBIND, minutes(1)) == "free"

    assert stage.group == replace(ORIGINAL, template=MADE)
    assert stage.ledger.claims[TRAIN].state is ClaimState.FREE


def a_node_group_stage() -> Stage:
    stage = Stage()
    stage.add_node_group()
    return stage


def bound_to(stage: Stage) -> str | None:
    return stage.seen(GPU).bound_to


def test_a_node_group_is_bound_in_two_steps() -> None:
    stage = a_node_group_stage()

    assert binder(stage, "one").bind(stage.port, stage.seen(GPU), BIND_GPU, NOW) == "EKS is updating it"
    assert (stage.ledger.claims[GPU].state, bound_to(stage)) == (ClaimState.UPDATING, None)

    assert binder(stage, "two").bind(stage.port, stage.seen(GPU), BIND_GPU, minutes(1)) == "EKS is updating it"
    assert (stage.ledger.claims[GPU].state, bound_to(stage)) == (ClaimState.UPDATING, None)

    stage.region.node_groups.finish("update-1")
    assert binder(stage, "three").bind(stage.port, stage.seen(GPU), BIND_GPU, minutes(2)) == "bound"
    assert (stage.ledger.claims[GPU].state, bound_to(stage)) == (ClaimState.BOUND, "cr-0a")
    assert stage.region.node_groups.descriptions["ml", "gpu"].template == MADE
    assert stage.region.templates.versions["lt-0a"]["2"] == FOR_BLOCK
    assert list(stage.region.node_groups.updates) == ["update-1"]


@pytest.mark.parametrize("status", [UpdateStatus.FAILED, UpdateStatus.CANCELLED])
def test_an_update_that_eks_could_not_make_is_tried_anew(status: UpdateStatus) -> None:
    stage = a_node_group_stage()
    binder(stage).bind(stage.port, stage.seen(GPU), BIND_GPU, NOW)
    stage.region.node_groups.finish("update-1", status, "Ec2LaunchTemplateNotFound: it is gone")

    with pytest.raises(AwsError, match=f"UpdateNodegroupVersion: {status.value}: Ec2LaunchTemplateNotFound") as raised:
        binder(stage).bind(stage.port, stage.seen(GPU), BIND_GPU, minutes(1))
    assert raised.value.definite
    assert stage.ledger.claims[GPU] == Claim(
        target=GPU,
        reservation_id="cr-0a",
        state=ClaimState.FREE,
        run="run",
        at=minutes(1),
        previous=Previous(template=TEMPLATE, subnets=("subnet-a",), maximum=8),
        made_version=MADE,
    )

    assert binder(stage).bind(stage.port, stage.seen(GPU), BIND_GPU, minutes(2)) == "EKS is updating it"
    stage.region.node_groups.finish("update-2")
    assert binder(stage).bind(stage.port, stage.seen(GPU), BIND_GPU, minutes(3)) == "bound"


def test_two_node_groups_of_one_run_and_block_get_an_update_each() -> None:
    stage = a_node_group_stage()
    stage.region.groups.add(a_group("eks-cpu", tags={"eks:cluster-name": "ml", "eks:nodegroup-name": "cpu"}))
    group, description = stage.region.node_groups.held["ml", "gpu"], stage.region.node_groups.descriptions["ml", "gpu"]
    stage.region.node_groups.add(replace(group, name="cpu"), description)

    for target in (GPU, replace(GPU, name="cpu")):
        binder(stage).bind(stage.port, stage.seen(target), replace(BIND, target=target), NOW)

    assert list(stage.region.node_groups.updates) == ["update-1", "update-2"]


def test_a_node_group_that_eks_moved_though_the_reply_was_lost_is_not_updated_twice() -> None:
    stage = a_node_group_stage()
    stage.region.node_groups.errors["update_version"] = unclear()
    with pytest.raises(AwsError):
        binder(stage).bind(stage.port, stage.seen(GPU), BIND_GPU, NOW)
    del stage.region.node_groups.errors["update_version"]
    description = stage.region.node_groups.descriptions["ml", "gpu"]
    stage.region.node_groups.descriptions["ml", "gpu"] = replace(description, template=MADE)

    assert binder(stage, "next").bind(stage.port, stage.seen(GPU), BIND_GPU, minutes(1)) == "bound"

    assert stage.region.node_groups.updates == {}


def test_a_node_group_is_set_free_with_its_maximum_through_eks() -> None:
    stage = a_node_group_stage()
    stage.ledger.claims[GPU] = replace(BOUND, target=GPU, previous=replace(PREVIOUS, maximum=5), at=NOW - 60 * MINUTE)
    stage.region.node_groups.set_tag(GPU, tag.BOUND_TO, "cr-0a")

    assert binder(stage).unbind(stage.port, stage.seen(GPU), replace(UNBIND, target=GPU), NOW) == "free"

    assert bound_to(stage) is None
    assert stage.region.node_groups.sizes == {("ml", "gpu"): (0, 5, 0)}


def test_a_node_group_with_its_own_maximum_is_set_free_without_another_update() -> None:
    stage = a_node_group_stage()
    stage.ledger.claims[GPU] = replace(BOUND, target=GPU, previous=replace(PREVIOUS, maximum=8), at=NOW - 60 * MINUTE)
    stage.region.node_groups.set_tag(GPU, tag.BOUND_TO, "cr-0a")

    binder(stage).unbind(stage.port, stage.seen(GPU), replace(UNBIND, target=GPU), NOW)

    assert bound_to(stage) is None
    assert stage.region.node_groups.sizes == {}
