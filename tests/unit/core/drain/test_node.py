"""The instance behind a node, and the mark on it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.drain.node import (
    DRAIN_AT,
    INSTANCE_ID,
    Node,
    Taint,
    TaintEffect,
    instance_id,
    is_marked,
    mark_value,
    marked,
)

DRAIN = datetime(2026, 3, 2, 10, 50, tzinfo=UTC)
PROVIDER_IDS = {
    "aws:///us-east-2a/i-0a1b2c3d4e5f60001": "i-0a1b2c3d4e5f60001",
    "aws:///use2-az1/i-0a1b2c3d4e5f60001": "i-0a1b2c3d4e5f60001",
    "aws:////i-0a1b2c3d": "i-0a1b2c3d",
    "aws:///us-east-2a/fargate-ip-10-0-0-1.us-east-2.compute.internal": None,
    "aws:///us-east-2a/1234567890-0a1b2c3d4e5f/fargate-10.0.0.1": None,
    "eks-hybrid:///us-east-2/training/mi-0123456789abcdef0": None,
    "": None,
    None: None,
}
OTHERS = (Taint(key="nvidia.com/gpu", effect="NoSchedule"), Taint(key="zone", value="a", effect="NoExecute"))


@pytest.mark.parametrize(("provider_id", "expected"), PROVIDER_IDS.items())
def test_the_instance_is_the_end_of_the_provider_id(provider_id: str | None, expected: str | None) -> None:
    assert instance_id(provider_id) == expected


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_a_mark_is_a_legal_value_of_a_label(instant: datetime) -> None:
    """validation.IsValidLabelValue of apimachinery."""
    assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", mark_value(instant))


def test_the_keys_are_legal_too() -> None:
    for key in (DRAIN_AT, INSTANCE_ID):
        assert re.fullmatch(r"[a-z0-9-]+\.[a-z]+/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", key)


def test_a_mark_is_in_utc_and_sorts_by_time() -> None:
    assert mark_value(DRAIN.astimezone(timezone(timedelta(hours=-8)))) == "20260302T105000Z"
    assert mark_value(DRAIN) < mark_value(DRAIN + timedelta(seconds=1)) < mark_value(DRAIN + timedelta(days=31))


def test_a_node_is_marked_beside_what_others_have_put_there_and_anew_when_the_end_moves() -> None:
    ours = Taint(key=DRAIN_AT, value="20260302T105000Z", effect="PreferNoSchedule")

    once = marked(OTHERS, DRAIN, TaintEffect.PREFER_NO_SCHEDULE)
    moved = marked(once, DRAIN + timedelta(days=1), TaintEffect.NO_SCHEDULE)

    assert once == (*OTHERS, ours)
    assert marked(once, DRAIN, TaintEffect.PREFER_NO_SCHEDULE) == once
    assert moved == (*OTHERS, Taint(key=DRAIN_AT, value="20260303T105000Z", effect="NoSchedule"))


def test_a_node_is_marked_already_when_our_taint_says_just_that() -> None:
    soft, hard = TaintEffect.PREFER_NO_SCHEDULE, TaintEffect.NO_SCHEDULE
    bare = Node(name="n", instance_id="i-0a", taints=OTHERS)
    there = replace(bare, taints=marked(OTHERS, DRAIN, soft))

    assert is_marked(there, DRAIN, soft)
    assert not is_marked(bare, DRAIN, soft)
    assert not is_marked(there, DRAIN, hard)
    assert not is_marked(there, DRAIN + timedelta(days=1), soft)
