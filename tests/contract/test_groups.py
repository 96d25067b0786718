"""The fake groups and Auto Scaling's keep the same promises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.adapters.autoscaling import AutoScalingGroups
from capacity_blocks.core import tag
from capacity_blocks.core.drain.hook import HOOK, HookResult, LifecycleHook, ours
from capacity_blocks.core.group import Group
from capacity_blocks.core.target import ScheduledAction, Suspension, TemplateVersion
from capacity_blocks.ports import AwsError, Groups
from tests import aws
from tests.factories import END, REGION, START, a_group
from tests.fakes import FakeGroups

STARTS = ScheduledAction(name="capacity-blocks-start", start=START, minimum=0, maximum=8, desired=8)
DRAINS = ScheduledAction(name="capacity-blocks-drain", start=END, minimum=0, maximum=0, desired=0)

OTHER = LifecycleHook(name="archive", heartbeat=timedelta(hours=1), default_result=HookResult.ABANDON)


@dataclass(frozen=True, kw_only=True)
class Harness:
    """`add` makes a group; `versions` and `subnets` exist, for groups to use; `suspend` is a person's."""

    groups: Groups
    add: Callable[[Group], None]
    suspend: Callable[[str], None]
    versions: tuple[TemplateVersion, TemplateVersion]
    subnets: tuple[str, str]

    def group(self, **changes: Any) -> Group:
        given: dict[str, Any] = {"template": self.versions[0], "subnets": self.subnets[:1]}
        return a_group(**(given | changes))

    def read(self, name: str = "train") -> Group:
        return next(g for g in self.groups.tagged(tag.POOL) if g.name == name)


@pytest.fixture(params=["fake", "autoscaling"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    if request.param == "fake":
        yield fake_harness()
        return
    with aws.moto():
        yield moto_harness()


def fake_harness() -> Harness:
    groups = FakeGroups()

    def suspend(name: str) -> None:
        groups.groups[name] = replace(groups.groups[name], launch=Suspension.PERSON)

    return Harness(
        groups=groups,
        add=groups.add,
        suspend=suspend,
        versions=(
            TemplateVersion(template_id="lt-0a", version="1"),
            TemplateVersion(template_id="lt-0a", version="2"),
        ),
        subnets=("subnet-a", "subnet-b"),
    )


def moto_harness() -> Harness:
    ec2, client = aws.client("ec2"), aws.client("autoscaling")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = tuple(
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone="us-east-2a")["Subnet"]["SubnetId"]
        for n in range(2)
    )
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t2.micro"}
    template = ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData=data)
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData=data)

    def add(group: Group) -> None:
        assert group.template is not None
        client.create_auto_scaling_group(
            AutoScalingGroupName=group.name,
            LaunchTemplate={"LaunchTemplateId": group.template.template_id, "Version": group.template.version},
            MinSize=group.minimum,
            MaxSize=group.maximum,
            DesiredCapacity=group.desired,
            VPCZoneIdentifier=",".join(group.subnets),
            Tags=[{"Key": k, "Value": v, "PropagateAtLaunch": False} for k, v in group.tags.items()],
        )

    def suspend(name: str) -> None:
        client.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])

    return Harness(
        groups=AutoScalingGroups(client, REGION),
        add=add,
        suspend=suspend,
        versions=(
            TemplateVersion(template_id=template_id, version="1"),
            TemplateVersion(template_id=template_id, version="2"),
        ),
        subnets=(subnets[0], subnets[1]),
    )


def test_a_group_is_listed_by_a_tag_that_it_has(harness: Harness) -> None:
    harness.add(harness.group())
    harness.add(harness.group(name="web", tags={"team": "web"}))

    assert harness.groups.tagged(tag.POOL) == [harness.group()]
    assert harness.groups.tagged("nobody has it") == []


def test_a_group_is_scaled_to_what_is_said(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.scale("train", minimum=1, maximum=4, desired=2)

    found = harness.read()
    assert (found.minimum, found.maximum, found.desired) == (1, 4, 2)


def test_scaling_a_group_that_is_not_there_is_refused(harness: Harness) -> None:
    with pytest.raises(AwsError) as raised:
        harness.groups.scale("gone", minimum=0, maximum=0, desired=0)

    assert raised.value.definite


def test_a_group_is_pointed_at_a_template_version_and_subnets_and_is_empty(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.point("train", harness.versions[1], harness.subnets[1:])

    assert harness.read() == harness.group(template=harness.versions[1], subnets=harness.subnets[1:])


def test_a_group_gets_its_settings_back(harness: Harness) -> None:
    harness.add(harness.group(maximum=0, subnets=harness.subnets[1:], template=harness.versions[1]))
    harness.groups.restore("train", subnets=harness.subnets, maximum=8, template=harness.versions[0])

    assert harness.read() == harness.group(maximum=8, subnets=harness.subnets, template=harness.versions[0])


def test_a_group_may_keep_its_template_version_when_it_gets_its_settings_back(harness: Harness) -> None:
    harness.add(harness.group(maximum=0, template=harness.versions[1]))
    harness.groups.restore("train", subnets=harness.subnets, maximum=8, template=None)

    assert harness.read() == harness.group(maximum=8, subnets=harness.subnets, template=harness.versions[1])


def test_a_group_whose_subnets_were_not_known_keeps_the_ones_that_it_has(harness: Harness) -> None:
    harness.add(harness.group(maximum=0))
    harness.groups.restore("train", subnets=(), maximum=8, template=None)

    assert harness.read() == harness.group(maximum=8)


def test_a_tag_is_set_and_set_anew_and_removed(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.set_tag("train", tag.BOUND_TO, "cr-0a")
    harness.groups.set_tag("train", tag.BOUND_TO, "cr-0b")
    assert harness.read().tags == {tag.POOL: "training", tag.BOUND_TO: "cr-0b"}

    harness.groups.remove_tag("train", tag.BOUND_TO)
    assert harness.read().tags == {tag.POOL: "training"}


def test_removing_a_tag_that_is_not_there_is_harmless(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.remove_tag("train", tag.BOUND_TO)

    assert harness.read() == harness.group()


def test_there_are_no_scheduled_actions_at_first(harness: Harness) -> None:
    harness.add(harness.group())

    assert harness.groups.scheduled_actions() == {}


def test_scheduled_actions_are_listed_by_group(harness: Harness) -> None:
    harness.add(harness.group())
    harness.add(harness.group(name="train-2"))
    harness.groups.put_scheduled_action("train", STARTS)
    harness.groups.put_scheduled_action("train", DRAINS)
    harness.groups.put_scheduled_action("train-2", replace(DRAINS, name="other"))

    assert harness.groups.scheduled_actions() == {
        "train": (STARTS, DRAINS),
        "train-2": (replace(DRAINS, name="other"),),
    }


def test_a_scheduled_action_is_replaced_by_name(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.put_scheduled_action("train", STARTS)
    harness.groups.put_scheduled_action("train", replace(STARTS, start=END, desired=4))

    assert harness.groups.scheduled_actions() == {"train": (replace(STARTS, start=END, desired=4),)}


def test_a_scheduled_action_may_leave_sizes_as_they_are(harness: Harness) -> None:
    harness.add(harness.group())
    zero = ScheduledAction(name="zero", start=END, desired=0)
    harness.groups.put_scheduled_action("train", zero)

    assert harness.groups.scheduled_actions() == {"train": (zero,)}


def test_a_scheduled_action_is_deleted(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.put_scheduled_action("train", STARTS)
    harness.groups.put_scheduled_action("train", DRAINS)
    harness.groups.delete_scheduled_action("train", STARTS.name)

    assert harness.groups.scheduled_actions() == {"train": (DRAINS,)}


def test_deleting_a_scheduled_action_that_is_gone_is_harmless(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.delete_scheduled_action("train", STARTS.name)

    assert harness.groups.scheduled_actions() == {}


def test_there_are_no_hooks_at_first(harness: Harness) -> None:
    harness.add(harness.group())

    assert harness.groups.hooks("train") == ()


def test_hooks_are_listed_by_name_and_replaced_by_name(harness: Harness) -> None:
    harness.add(harness.group())
    harness.add(harness.group(name="train-2"))
    harness.groups.put_hook("train", OTHER)
    harness.groups.put_hook("train", ours(timedelta(minutes=7)))
    harness.groups.put_hook("train", ours(timedelta(seconds=30)))

    assert harness.groups.hooks("train") == (OTHER, ours(timedelta(seconds=30)))
    assert harness.groups.hooks("train-2") == ()


def test_a_hook_is_deleted_and_others_are_left(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.put_hook("train", OTHER)
    harness.groups.put_hook("train", ours(timedelta(minutes=7)))
    harness.groups.delete_hook("train", HOOK)

    assert harness.groups.hooks("train") == (OTHER,)


def test_deleting_a_hook_that_is_gone_is_harmless(harness: Harness) -> None:
    harness.add(harness.group())
    harness.groups.delete_hook("train", HOOK)

    assert harness.groups.hooks("train") == ()


def test_a_suspension_of_launches_is_seen_and_lifted(harness: Harness) -> None:
    harness.add(harness.group())
    harness.suspend("train")
    assert harness.read().launch is Suspension.PERSON

    harness.groups.resume_launch("train")
    assert harness.read().launch is Suspension.NOBODY


def test_no_launch_has_failed_at_first(harness: Harness) -> None:
    harness.add(harness.group())

    assert harness.groups.last_failure("train") is None
