"""One run over all regions: what fails in one place is said, and the rest is done all the same."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.action import Say, Scale
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.target import Target, TargetId
from capacity_blocks.executor import DryRunExecutor, ObservingExecutor
from capacity_blocks.ports import Region
from capacity_blocks.reconciler import PolicyReader, Report
from capacity_blocks.request import Request
from tests.factories import REGION, START, a_group, a_launch_template, a_reservation
from tests.fakes import FakePoolSettings, FakeRegion, refused, unclear
from tests.unit.shapes import ACTIVE, DRAIN_AT, drain_action, instances
from tests.unit.shell.stage import NOW, Stage, a_stage

MINUTE = timedelta(minutes=1)
TAGS = {tag.POOL: "training", tag.BOUND_TO: "cr-0a"}
BOUND = a_group(tags=TAGS)
RUNNING = replace(BOUND, desired=8, instances=instances(8))


def at_drain(**changes: Any) -> Stage:
    """Return a stage with a group that runs, and the drain of its block just begun."""
    stage = Stage(**changes)
    stage.clock.instant = DRAIN_AT
    stage.region.groups.add(RUNNING)
    stage.region.reservations.hold(ACTIVE)
    return stage


def did(report: Report) -> list[tuple[str, str]]:
    return [(type(s.action).__name__, s.outcome) for s in report.steps if not isinstance(s.action, Say)]


def told(stage: Stage) -> list[str]:
    return [n.kind for n in stage.notifier.sent]


def a_region(name: str, pool: str = "training") -> FakeRegion:
    """Return a second region like the first, with a drain that is due."""
    region = FakeRegion(name=name)
    region.groups.add(replace(RUNNING, region=name, tags={tag.POOL: pool, tag.BOUND_TO: "cr-0a"}))
    region.reservations.hold(a_reservation(region=name, state=ReservationState.ACTIVE, tags={tag.POOL: pool}))
    return region


def test_a_free_group_and_a_paid_block_find_each_other_and_are_ready_a_run_later() -> None:
    stage = a_stage()
    stage.region.reservations.hold(a_reservation())

    assert did(stage.reconcile()) == [("Bind", "bound")]
    assert did(stage.reconcile()) == [("PutScheduledAction", "done"), ("PutScheduledAction", "done")]
    assert did(stage.reconcile()) == []
    assert stage.region.groups.scheduled_actions()["train"][1] == drain_action()
    assert told(stage) == ["timeline"]


def test_a_report_says_how_things_stand_what_was_done_and_when_to_look_again() -> None:
    stage = at_drain()

    report = stage.reconcile()

    assert report.now == DRAIN_AT
    assert [(b.reservation_id, b.phase, b.targets) for b in report.blocks] == [
        ("cr-0a", "draining", ("train: 8 of 8 in service",))
    ]
    assert did(report) == [("Scale", "done")]
    assert report.errors == ()
    assert report.look_again_at == ACTIVE.end - timedelta(minutes=30)
    assert stage.region.groups.groups["train"].desired == 0


def test_in_an_empty_region_there_is_nothing_to_do() -> None:
    assert Stage().reconcile() == Report(now=NOW)


LISTINGS = {
    "groups": ("groups", "tagged"),
    "scheduled actions": ("groups", "scheduled_actions"),
    "node groups": ("node_groups", "tagged"),
    "reservations": ("reservations", "capacity_blocks"),
}


@pytest.mark.parametrize(("port", "method"), LISTINGS.values(), ids=LISTINGS.keys())
def test_a_listing_that_fails_is_said_and_never_taken_for_nothing(port: str, method: str) -> None:
    stage = at_drain()
    getattr(stage.region, port).errors[method] = refused("Describe")

    report = stage.reconcile()

    assert report == Report(
        now=DRAIN_AT, errors=("us-east-2: the region could not be read: Describe: AccessDenied: not allowed",)
    )
    assert stage.region.groups.groups["train"] == RUNNING
    assert told(stage) == ["trouble"]


def test_a_region_that_cannot_be_read_keeps_no_other_from_its_drain() -> None:
    stage, other = at_drain(), a_region("eu-west-1")
    stage.region.reservations.errors["capacity_blocks"] = refused()

    report = stage.reconciler(regions=[stage.port, other.port]).reconcile(Request())

    assert did(report) == [("Scale", "done")]
    assert other.groups.groups["train"].desired == 0
    assert len(report.errors) == 1


def test_a_target_that_cannot_be_scaled_keeps_no_other_from_it_and_the_rest_of_it_waits() -> None:
    stage = at_drain()
    stage.region.groups.add(replace(RUNNING, name="other"))
    stage.region.reservations.hold(replace(ACTIVE, instance_count=16))
    scale = stage.region.groups.scale

    def refuse_train(name: str, **sizes: int) -> None:
        if name == "train":
            raise refused("UpdateAutoScalingGroup")
        scale(name, **sizes)

    stage.region.groups.scale = refuse_train  # type: ignore[method-assign]  # it fails for one group alone

    report = stage.reconcile()

    assert did(report) == [("Scale", "done"), ("Scale", "failed: UpdateAutoScalingGroup: AccessDenied: not allowed")]
    assert [n.target for n in stage.notifier.sent if n.kind == "draining"] == ["other"]
    assert told(stage).count("trouble") == 1
    assert report.errors == ("us-east-2: Scale failed: UpdateAutoScalingGroup: AccessDenied: not allowed",)


def test_an_instance_that_stays_protected_does_not_keep_up_the_drain_of_the_others() -> None:
    stage = at_drain()
    stage.region.groups.add(replace(RUNNING, instances=instances(8, protected=True)))
    stage.region.groups.errors["unprotect"] = refused("SetInstanceProtection")

    report = stage.reconcile()

    assert [name for name, _ in did(report)] == ["Unprotect", "Scale"]
    assert stage.region.groups.groups["train"].desired == 0
    assert report.errors == ("us-east-2: Unprotect failed: SetInstanceProtection: AccessDenied: not allowed",)


def test_a_native_action_that_cannot_be_written_keeps_nobody_from_being_told_of_the_sizes() -> None:
    stage = Stage()
    stage.clock.instant = START
    stage.region.groups.add(BOUND)
    stage.region.reservations.hold(ACTIVE)
    stage.region.groups.errors["put_scheduled_action"] = refused("PutScheduledUpdateGroupAction")

    report = stage.reconcile()

    assert [name for name, _ in did(report)] == ["Scale", "PutScheduledAction"]
    assert told(stage) == ["timeline", "scaled-out", "trouble"]


def test_what_is_left_of_a_target_after_a_failure_waits_for_the_next_run() -> None:
    stage = Stage()
    stage.region.groups.add(BOUND)
    stage.region.reservations.hold(a_reservation())
    stage.region.groups.errors["put_scheduled_action"] = refused("PutScheduledUpdateGroupAction")

    assert [name for name, _ in did(stage.reconcile())] == ["PutScheduledAction"]


def test_sizes_come_before_all_else_and_words_last_over_all_pools() -> None:
    stage = at_drain()
    stage.region.groups.add(replace(RUNNING, name="x", tags={tag.POOL: "art", tag.BOUND_TO: "cr-0b"}, desired=0))
    stage.region.groups.put_scheduled_action("free", drain_action())
    stage.region.groups.add(a_group("free", tags={tag.POOL: "art"}))
    stage.region.reservations.hold(replace(ACTIVE, reservation_id="cr-0b", tags={tag.POOL: "art"}))

    steps = stage.reconcile().steps

    assert [(type(s.action).__name__, s.pool) for s in steps[:3]] == [
        ("Scale", "art"),
        ("Scale", "training"),
        ("DeleteScheduledAction", "art"),
    ]
    assert {type(s.action) for s in steps[3:]} == {Say}


def test_without_the_ledger_deadlines_are_met_and_nothing_is_told_twice() -> None:
    stage = at_drain()
    stage.ledger.errors |= {m: unclear("Query") for m in ("said", "append", "begin_saying", "claim")}

    report = stage.reconcile()

    assert [name for name, _ in did(report)] == ["Scale"]
    assert stage.region.groups.groups["train"].desired == 0
    assert stage.notifier.sent == []
    assert report.errors == (
        "us-east-2: the ledger could not be read: Query: ReadTimeoutError: no answer came",
        "us-east-2: the trouble could not be told: Query: ReadTimeoutError: no answer came",
    )


def test_trouble_that_lasts_is_told_once_an_hour() -> None:
    stage = at_drain()
    stage.region.reservations.errors["capacity_blocks"] = refused()

    for _ in range(3):
        stage.reconcile()
        stage.clock.instant += MINUTE
    assert told(stage) == ["trouble"]
    stage.clock.instant += timedelta(hours=1)
    stage.reconcile()
    assert told(stage) == ["trouble", "trouble"]


INQUIRIES = {
    "the template of a free target": ("templates", "read"),
    "the subnets of a free target": ("subnets", "subnets"),
}


@pytest.mark.parametrize(("port", "method"), INQUIRIES.values(), ids=INQUIRIES.keys())
def test_what_could_not_be_asked_is_said_and_not_taken_for_a_misfit(port: str, method: str) -> None:
    stage = a_stage()
    stage.region.reservations.hold(a_reservation())
    getattr(stage.region, port).errors[method] = refused("Describe")

    report = stage.reconcile()

    assert did(report) == []
    assert told(stage) == ["trouble"]
    assert report.errors == ("us-east-2: something due could not be asked: Describe: AccessDenied: not allowed",)


def test_who_is_in_a_block_that_cannot_be_asked_keeps_up_no_drain() -> None:
    stage = at_drain()
    stage.region.reservations.errors["occupants"] = refused("DescribeInstances")

    report = stage.reconcile()

    assert did(report) == [("Scale", "done")]
    assert told(stage) == ["draining", "trouble"]


def test_a_pool_is_served_by_its_own_settings() -> None:
    stage = at_drain()
    stage.clock.instant = DRAIN_AT - 20 * MINUTE
    stage.settings.held["training"] = json.dumps({"drain": {"lead_minutes": 60}})

    assert did(stage.reconcile()) == [("Scale", "done")]


def test_a_pool_with_broken_settings_still_drains_and_is_told() -> None:
    stage = at_drain()
    stage.settings.held["training"] = "{"

    assert did(stage.reconcile()) == [("Scale", "done")]
    assert "broken-settings" in told(stage)


def test_a_pool_with_broken_settings_is_bound_to_nothing_while_another_is() -> None:
    stage = a_stage()
    stage.region.groups.add(a_group("other", tags={tag.POOL: "art"}))
    stage.region.reservations.hold(a_reservation(), a_reservation(reservation_id="cr-0b", tags={tag.POOL: "art"}))
    stage.settings.held["training"] = '{"scale_out": "yes"}'

    assert [(s.pool, s.outcome) for s in stage.reconcile().steps if not isinstance(s.action, Say)] == [("art", "bound")]


def test_a_block_in_a_list_that_broke_is_still_drained() -> None:
    stage = at_drain()
    stage.region.reservations.hold(replace(ACTIVE, tags={}, owned=False))
    stage.settings.held["training"] = '{"reservations": ["cr-0a"], "scale_out": 1}'

    assert did(stage.reconcile()) == [("Scale", "done")]


def test_settings_that_were_never_read_count_as_broken() -> None:
    stage = a_stage()
    stage.region.reservations.hold(a_reservation())
    stage.settings.errors["texts"] = refused("GetParametersByPath")

    report = stage.reconcile()

    assert did(report) == []
    assert report.errors == (
        "us-east-2: the settings of the pools could not be read: GetParametersByPath: AccessDenied: not allowed",
    )
    assert "broken-settings" in told(stage)


def test_settings_that_were_read_before_are_remembered() -> None:
    source = FakePoolSettings(held={"training": '{"scale_out": false}'})
    reader = PolicyReader(source, Policy())
    read, default, trouble = reader.read()
    assert (read, default, trouble) == ({"training": Policy(scale_out=False)}, Policy(), None)
    source.errors["texts"] = refused("GetParametersByPath")

    again, default, trouble = reader.read()

    assert (again, default) == (read, Policy())
    assert trouble == (
        "the settings of the pools could not be read again: GetParametersByPath: AccessDenied: not allowed"
    )


def test_a_paid_block_that_no_pool_claims_is_told_and_left() -> None:
    stage = Stage()
    stage.region.reservations.hold(a_reservation(tags={}))

    report = stage.reconcile()

    assert (told(stage), report.look_again_at) == (["unclaimed"], None)
    assert [(b.reservation_id, b.pool, b.next) for b in report.blocks] == [("cr-0a", "", "no pool claims it")]


def two_pools() -> Stage:
    stage = at_drain()
    stage.region.groups.add(replace(RUNNING, name="x", tags={tag.POOL: "art", tag.BOUND_TO: "cr-0b"}))
    stage.region.reservations.hold(replace(ACTIVE, reservation_id="cr-0b", tags={tag.POOL: "art"}))
    return stage


def scaled(report: Report) -> list[str]:
    return [str(s.action.target) for s in report.steps if isinstance(s.action, Scale)]


NARROWED: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "everything": ({}, ["x", "train"], ["cr-0b", "cr-0a"]),
    "one pool": ({"pool": "art"}, ["x"], ["cr-0b"]),
    "one reservation": ({"reservation_id": "cr-0a"}, ["train"], ["cr-0a"]),
    "one region": ({"region": REGION}, ["x", "train"], ["cr-0b", "cr-0a"]),
    "a region that is not looked after": ({"region": "eu-west-1"}, [], []),
    "a pool that is not there": ({"pool": "none"}, [], []),
    "a reservation that is not there": ({"reservation_id": "cr-none"}, [], []),
}


@pytest.mark.parametrize(("request_", "targets", "blocks"), NARROWED.values(), ids=NARROWED.keys())
def test_a_request_may_be_narrowed_to(request_: dict[str, str], targets: list[str], blocks: list[str]) -> None:
    report = two_pools().reconcile(**request_)

    assert (scaled(report), [b.reservation_id for b in report.blocks]) == (targets, blocks)


def test_a_narrow_request_speaks_of_what_it_covers_alone() -> None:
    stage = two_pools()

    stage.reconcile(reservation_id="cr-0a")

    assert {n.reservation_id for n in stage.notifier.sent} == {"cr-0a"}


def test_a_request_for_one_pool_says_nothing_of_blocks_without_one() -> None:
    stage = at_drain()
    stage.region.reservations.hold(a_reservation(reservation_id="cr-0c", tags={}))

    stage.reconcile(pool="training")
    assert "unclaimed" not in told(stage)
    stage.reconcile()
    assert "unclaimed" in told(stage)


def test_observing_speaks_and_changes_nothing() -> None:
    stage = at_drain()

    report = stage.reconciler(ObservingExecutor(speaker=stage.speaker())).reconcile(Request())

    assert did(report) == [("Scale", "only observed")]
    assert stage.region.groups.groups["train"] == RUNNING
    assert told(stage) == ["draining"]


def test_a_dry_run_reports_the_same_plan_and_neither_speaks_nor_changes_anything() -> None:
    stage = at_drain()
    stage.region.groups.add(replace(RUNNING, instances=instances(8, protected=True)))

    dry = stage.reconciler(DryRunExecutor(), speaker=None).reconcile(Request(dry_run=True))
    group = stage.region.groups.groups["train"]
    assert (group.desired, stage.notifier.sent, stage.ledger.sent) == (8, [], {})
    live = stage.reconcile()

    assert [s.action for s in dry.steps] == [s.action for s in live.steps]
    assert {s.outcome for s in dry.steps} == {"dry run"}


def test_a_dry_run_that_meets_trouble_reports_it_and_sends_nothing() -> None:
    stage = at_drain()
    stage.region.groups.errors["tagged"] = refused()

    report = stage.reconciler(DryRunExecutor(), speaker=None).reconcile(Request(dry_run=True))

    assert len(report.errors) == 1
    assert stage.notifier.sent == []


def test_a_region_that_answers_late_is_planned_for_by_the_time_that_it_is_then() -> None:
    stage, other = at_drain(), a_region("eu-west-1")
    stage.clock.instant = DRAIN_AT - MINUTE
    stage.clock.tick = timedelta(seconds=40)  # at each look: one for the run, one for each region

    report = stage.reconciler(regions=[stage.port, other.port]).reconcile(Request())

    assert [s.region for s in report.steps if isinstance(s.action, Scale)] == ["eu-west-1"]


def test_the_executor_is_given_the_targets_that_were_seen() -> None:
    seen: list[dict[TargetId, Target]] = []

    class Looker(DryRunExecutor):
        def execute(self, region: Region, targets: Any, action: Any) -> str:
            seen.append(targets)
            return super().execute(region, targets, action)

    stage = at_drain()
    stage.reconciler(Looker()).reconcile(Request())

    assert all(targets.keys() == {TargetId(region=REGION, name="train")} for targets in seen)
    assert seen


def test_a_node_group_is_observed_with_what_eks_says_of_it() -> None:
    stage = Stage()
    stage.add_node_group()
    stage.region.reservations.hold(a_reservation())

    assert did(stage.reconcile()) == [("Bind", "EKS is updating it")]
    stage.region.node_groups.finish("update-1")
    assert did(stage.reconcile()) == [("Bind", "bound")]
    assert told(stage) == []
    assert did(stage.reconcile()) == []
    assert told(stage) == ["timeline"]


def test_a_node_group_of_another_capacity_type_is_told_what_to_do() -> None:
    stage = Stage()
    stage.add_node_group()
    stage.region.reservations.hold(a_reservation())
    description = stage.region.node_groups.descriptions["ml", "gpu"]
    stage.region.node_groups.descriptions["ml", "gpu"] = replace(description, capacity_type="SPOT")

    assert did(stage.reconcile()) == []

    [unfit] = [n.text for n in stage.notifier.sent if n.kind == "unfit"]
    assert unfit == "Its capacity type is SPOT, which cannot be changed: create it anew with CAPACITY_BLOCK."


def test_two_reports_make_one_of_how_things_stand_now_and_all_that_was_done() -> None:
    stage = at_drain()
    first = stage.reconcile().with_error("one")
    stage.clock.instant += MINUTE
    second = stage.reconcile().with_error("two")

    both = first.followed_by(second)

    assert (both.now, both.blocks, both.look_again_at) == (second.now, second.blocks, second.look_again_at)
    assert both.steps == (*first.steps, *second.steps)
    assert both.errors == ("one", "two")


def test_a_launch_that_fails_is_asked_for_and_told() -> None:
    stage = at_drain()
    stage.clock.instant = START
    stage.region.groups.add(replace(BOUND, maximum=8))
    stage.reconcile()
    stage.clock.instant += 15 * MINUTE

    stage.reconcile()

    assert told(stage) == ["timeline", "scaled-out", "not-in-service"]


def test_a_template_that_does_not_fit_is_read_and_told() -> None:
    stage = a_stage()
    stage.region.reservations.hold(a_reservation())
    stage.region.templates.add(a_launch_template(market_type="spot"))

    assert did(stage.reconcile()) == []
    assert told(stage) == ["waiting", "unfit"]
