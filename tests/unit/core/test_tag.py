"""What the tags of a group may say."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core import tag
from capacity_blocks.core.tag import Mistake, Wishes, wishes

RIGHT = {
    "nothing": ({}, Wishes()),
    "the fewest instances": ({tag.INSTANCES: "1"}, Wishes(instances=1)),
    "the most instances": ({tag.INSTANCES: "64"}, Wishes(instances=64)),
    "one subnet": ({tag.SUBNETS: "subnet-a"}, Wishes(subnets=("subnet-a",))),
    "several subnets": ({tag.SUBNETS: " subnet-a  subnet-b "}, Wishes(subnets=("subnet-a", "subnet-b"))),
    "no subnets": ({tag.SUBNETS: ""}, Wishes()),
    "a drain by EKS": ({tag.DRAIN: "eks"}, Wishes(drain="eks")),
    "a drain by ECS": ({tag.DRAIN: "ecs"}, Wishes(drain="ecs")),
    "no drain": ({tag.DRAIN: "none"}, Wishes(drain="none")),
    "a drain by a document": ({tag.DRAIN: "ssm:save"}, Wishes(drain="ssm:save")),
    "a drain by a document of another account": (
        {tag.DRAIN: "ssm:arn:aws:ssm:us-east-2:1:document/save"},
        Wishes(drain="ssm:arn:aws:ssm:us-east-2:1:document/save"),
    ),
    "the shortest lead": ({tag.DRAIN_LEAD: "31"}, Wishes(drain_lead=timedelta(minutes=31))),
    "the longest lead": ({tag.DRAIN_LEAD: "1440"}, Wishes(drain_lead=timedelta(hours=24))),
    "tags of others": ({"Name": "train", "capacity-blocks:owner": "ml"}, Wishes()),
}


@pytest.mark.parametrize(("tags", "expected"), RIGHT.values(), ids=RIGHT.keys())
def test_a_group_asks_for_what_its_tags_say(tags: dict[str, str], expected: Wishes) -> None:
    assert wishes(tags) == expected


MINUTES, COUNT = "a whole number from 31 to 1440", "a whole number from 1 to 64"
WRONG = {
    "no instances": (tag.INSTANCES, "0", COUNT),
    "more instances than a block has": (tag.INSTANCES, "65", COUNT),
    "instances in words": (tag.INSTANCES, "eight", COUNT),
    "instances that are not whole": (tag.INSTANCES, "8.0", COUNT),
    "a document with a name that SSM knows none of": (tag.DRAIN, "ssm:my document", tag.DRAIN_METHODS),
    "a document with too short a name": (tag.DRAIN, "ssm:ab", tag.DRAIN_METHODS),
    "negative instances": (tag.INSTANCES, "-8", COUNT),
    "digits of another script": (tag.INSTANCES, "\u0668", COUNT),
    "no number at all": (tag.INSTANCES, "", COUNT),
    "a lead that is the reclaim window": (tag.DRAIN_LEAD, "30", MINUTES),
    "a lead of more than a day": (tag.DRAIN_LEAD, "1441", MINUTES),
    "a lead with a unit": (tag.DRAIN_LEAD, "40m", MINUTES),
    "an unknown drain": (tag.DRAIN, "kubectl", tag.DRAIN_METHODS),
    "a document without a name": (tag.DRAIN, "ssm:", tag.DRAIN_METHODS),
    "an empty drain": (tag.DRAIN, "", tag.DRAIN_METHODS),
    "subnets with commas": (tag.SUBNETS, "subnet-a,subnet-b", "subnet ids, separated by spaces"),
    "subnets by name": (tag.SUBNETS, "private-a", "subnet ids, separated by spaces"),
}


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_is_named_with_what_is_allowed_and_leaves_the_default(
    name: str, value: str, allowed: str
) -> None:
    assert wishes({name: value}) == Wishes(mistakes=(Mistake(tag=name, value=value, allowed=allowed),))


def test_of_several_subnets_the_wrong_ones_are_named_and_none_is_taken() -> None:
    found = wishes({tag.SUBNETS: "subnet-a,subnet-b subnet-c us-east-2a"})

    assert [(m.value, found.subnets) for m in found.mistakes] == [("subnet-a,subnet-b us-east-2a", ())]


def test_each_mistake_is_named() -> None:
    found = wishes({tag.INSTANCES: "all", tag.DRAIN_LEAD: "soon", tag.DRAIN: "yes", tag.SUBNETS: "here"})

    assert [m.tag for m in found.mistakes] == [tag.INSTANCES, tag.DRAIN_LEAD, tag.SUBNETS, tag.DRAIN]


def test_a_mistake_reads_as_a_sentence() -> None:
    assert str(wishes({tag.INSTANCES: "all"}).mistakes[0]) == (
        "tag capacity-blocks:instances is 'all'; allowed: a whole number from 1 to 64"
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, None),
        ({tag.HOOK: "420"}, timedelta(minutes=7)),
        ({tag.HOOK: "30"}, timedelta(seconds=30)),
        ({tag.HOOK: ""}, timedelta()),
        ({tag.HOOK: "7m"}, timedelta()),
        ({tag.HOOK: "-1"}, timedelta()),
        ({tag.HOOK: "٣"}, timedelta()),
        ({tag.HOOK: "420\n"}, timedelta()),
        ({tag.HOOK: "9" * 400}, timedelta()),
    ],
)
def test_what_is_remembered_of_a_hook_is_its_time_or_to_be_written_anew(
    tags: dict[str, str], expected: timedelta | None
) -> None:
    assert tag.hook(tags) == expected


@given(st.dictionaries(st.sampled_from([tag.INSTANCES, tag.SUBNETS, tag.DRAIN, tag.DRAIN_LEAD]), st.text(max_size=256)))
def test_any_text_in_a_tag_is_a_wish_or_a_mistake(tags: dict[str, str]) -> None:
    found = wishes(tags)

    assert {m.tag for m in found.mistakes} <= set(tags)
    assert found.instances is None or 1 <= found.instances <= 64
    assert found.drain_lead is None or timedelta(minutes=31) <= found.drain_lead <= timedelta(hours=24)
