"""Wrong tags, groups that do not fit, blocks that nobody claims, broken settings: all are told, none does harm."""

from datetime import timedelta
from typing import Any

from tests.e2e.stage import (
    DRAIN_ACTION,
    DRAIN_AT,
    END,
    MINUTE,
    OTHER_ZONE,
    REGION,
    SIZE,
    START,
    Stage,
    staged,
)


def unfit(stage: Stage) -> dict[str, str]:
    """What is said of each group that does not fit, by its name."""
    return {notice["target"]: notice["text"] for notice in stage.notices("unfit")}


def test_a_wrong_tag_is_named_and_the_group_is_left_alone() -> None:
    with staged() as stage:
        stage.block()
        group = stage.group(tags={"capacity-blocks:instances": "many", "capacity-blocks:drain": "gently"})
        before = stage.described(group)
        stage.run_for(minutes=5)
        assert stage.described(group) == before
        [notice] = stage.notices("wrong-tag")
        assert (notice["target"], notice["severity"]) == (group, "warning")
        assert "Tag capacity-blocks:instances is 'many'; allowed: a whole number from 1 to 64." in notice["text"]
        assert "Tag capacity-blocks:drain is 'gently'; allowed: eks, ecs, none or ssm:<document>." in notice["text"]

        stage.tag_group(group, "capacity-blocks:instances", "2")
        stage.tag_group(group, "capacity-blocks:drain", "none")
        stage.run_for(minutes=2)
        assert stage.bound_to(group) is not None


def test_what_does_not_fit_is_told_with_what_to_change() -> None:
    placement: Any = {"Placement": {"GroupName": "close"}}
    reserved = {"CapacityReservationPreference": "none"}
    with staged() as stage:
        stage.block()
        elsewhere = {"capacity-blocks:subnets": stage.subnet(OTHER_ZONE)}
        stage.group("type", template={"InstanceType": "p4d.24xlarge"})
        stage.group("zone", tags=elsewhere)
        stage.group("spot", template={"InstanceMarketOptions": {"MarketType": "spot"}})
        stage.group("template-placement", template=placement)
        stage.group("tenancy", template={"Placement": {"Tenancy": "dedicated"}})
        stage.group("group-placement", PlacementGroup="close")
        stage.group("reserved", CapacityReservationSpecification=reserved)
        stage.group("too-many", tags={"capacity-blocks:instances": "3"})
        stage.mixed_group("mixed")
        stage.group("warm")
        stage.client("autoscaling").put_warm_pool(AutoScalingGroupName="warm", MinSize=0)
        before = {group: stage.described(group) for group in stage.groups()}
        stage.run_for(minutes=3)

        assert {group: stage.described(group) for group in stage.groups()} == before
        expected = {
            "type": "set InstanceType",
            "zone": f"None of its subnets is in {REGION}a (use2-az1): add one to the tag capacity-blocks:subnets",
            "spot": "has market type spot: remove InstanceMarketOptions",
            "template-placement": "has placement group close: blocks allow none",
            "tenancy": "has tenancy dedicated, the block default",
            "group-placement": "It has placement group close: remove it",
            "reserved": "set the preference to default",
            "too-many": "It wants 3 instances and the block has 2 left",
            "mixed": "It has a mixed instances policy: give it a launch template instead",
            "warm": "It has a warm pool: delete the warm pool",
        }
        told = unfit(stage)
        assert set(told) == set(expected)
        assert {name: words for name, words in expected.items() if words not in told[name]} == {}

        stage.client("autoscaling").delete_warm_pool(AutoScalingGroupName="warm")
        stage.run_for(minutes=2)
        assert stage.bound_to("warm") is not None


def test_a_group_that_is_not_empty_is_not_bound() -> None:
    with staged() as stage:
        block = stage.block()
        group = stage.group(template={"InstanceType": "m5.large"}, MinSize=1, DesiredCapacity=1)
        stage.run_for(minutes=5)
        assert stage.bound_to(group) is None
        assert len(stage.instances(group)) == 1
        assert [notice["reservation_id"] for notice in stage.notices("waiting")] == [block]


def test_a_block_that_no_pool_claims_is_told_with_its_cost_and_adopted_by_tag() -> None:
    with staged() as stage:
        block, group = stage.block(pool=None), stage.group()
        stage.run_for(minutes=5)
        [notice] = stage.notices()
        assert (notice["kind"], notice["reservation_id"]) == ("unclaimed", block)
        assert "2 p5.48xlarge in us-east-2a, from 2027-03-20 11:30 UTC" in notice["text"]
        assert "cost about $79 an hour" in notice["text"]
        assert notice["next_step"].startswith("Tag the reservation capacity-blocks:pool")

        tag = {"Key": "capacity-blocks:pool", "Value": "training"}
        stage.client("ec2").create_tags(Resources=[block], Tags=[tag])
        stage.run_for(minutes=2)
        assert stage.bound_to(group) == block


def test_a_broken_setting_stops_the_scale_out_and_never_the_drain() -> None:
    with staged() as stage:
        block, group = stage.block(), stage.group()
        stage.run_for(minutes=5)
        assert stage.bound_to(group) == block
        stage.settings("training", '{"drain": {"lead_minutes": 20}}')
        stage.run_until(START + 15 * MINUTE)
        assert stage.scheduled(group) == {DRAIN_ACTION: (DRAIN_AT, 0)}
        assert stage.steps(group) == []
        [notice] = stage.notices("broken-settings")
        assert (notice["severity"], notice["pool"]) == ("critical", "training")
        assert "drain.lead_minutes is 20; allowed: whole minutes from 31 to 1440" in notice["text"]

        stage.settings("training", '{"drain": {"lead_minutes": 50}}')
        stage.run_for(minutes=5)
        assert len(stage.instances(group)) == SIZE
        assert stage.scheduled(group) == {DRAIN_ACTION: (END - 50 * MINUTE, 0)}

        stage.settings("training", "{")  # what is in place was meant, and the earlier of the two stands
        stage.run_until(END)
        assert [at.replace(microsecond=0) for at, desired, _ in stage.steps(group) if not desired] == [
            END - 50 * MINUTE
        ]
        assert stage.reclaimed() == []


def test_somebody_elses_action_at_the_very_start_is_named() -> None:
    with staged() as stage:
        stage.block()
        group = stage.group(MaxSize=2)
        stage.client("autoscaling").put_scheduled_update_group_action(
            AutoScalingGroupName=group, ScheduledActionName="nightly", StartTime=START, DesiredCapacity=0
        )
        stage.run_for(minutes=5)
        [notice] = stage.notices("scheduled-action-clash")
        assert notice["title"] == f"{group} has a scheduled action of somebody else at 2027-03-20 11:30 UTC"
        assert stage.scheduled(group)["capacity-blocks-start"] == (START + MINUTE, SIZE)
        stage.run_until(START + timedelta(minutes=20))
        assert len(stage.instances(group)) == SIZE
