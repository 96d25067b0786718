"""What people are told of drains that are stuck."""

from datetime import timedelta

import pytest

from capacity_blocks.core.drain.record import DrainRecord
from capacity_blocks.core.wording.node import round_of, stuck_drain, stuck_key
from tests.factories import REGION, at

NOW = at("2026-03-02T10:51")
RECORD = DrainRecord(
    reservation_id="cr-0a",
    instance_id="i-0a",
    region=REGION,
    group="train",
    pool="training",
    run="r1",
    until=NOW,
    started=NOW,
    deadline=NOW + timedelta(minutes=8),
    stuck=("ml/worker is held back.",),
)


def record(number: int, **changes: object) -> DrainRecord:
    fields = {name: getattr(RECORD, name) for name in RECORD.__slots__}
    return DrainRecord(**fields | {"instance_id": f"i-{number:02x}"} | changes)


@pytest.mark.parametrize(
    ("stuck_since", "told_at"),
    [
        ("2026-03-02T10:50:00", "2026-03-02T10:51"),
        ("2026-03-02T10:50:40", "2026-03-02T10:51"),
        ("2026-03-02T10:50:40.000001", "2026-03-02T10:52"),
        ("2026-03-02T10:50:59", "2026-03-02T10:52"),
    ],
)
def test_what_holds_for_a_while_is_told_at_the_next_full_minute(stuck_since: str, told_at: str) -> None:
    assert round_of(at(stuck_since)) == at(told_at)


def test_each_minute_and_block_has_a_key() -> None:
    assert stuck_key("cr-0a", REGION, NOW) == "cr-0a:stuck-drain:20260302T1051"
    assert stuck_key("", REGION, NOW) == "us-east-2:stuck-drain:20260302T1051"


def test_instances_of_one_cause_share_a_clause() -> None:
    other = record(3, stuck=("its node does not report",), deadline=NOW + timedelta(minutes=5))
    notice = stuck_drain([record(2), other, record(1)], NOW)

    assert notice.text == "i-01, i-02: ml/worker is held back. i-03: its node does not report."
    assert notice.title == "3 instances of cr-0a will not be drained in time"
    assert "before 10:56:00 UTC" in notice.next_step
    assert dict(notice.facts) == {"instances": "i-01, i-02, i-03"}


def test_a_long_list_is_cut_short_and_says_so() -> None:
    notice = stuck_drain([record(n, stuck=(f"cause {n}",)) for n in range(12)], NOW)

    assert notice.text.endswith("i-09: cause 9. And 2 causes more, in the log.")


def test_instances_of_no_block_are_told_of_too() -> None:
    notice = stuck_drain([record(1, reservation_id="", pool="", deadline=None)], NOW)

    assert (notice.title, notice.reservation_id, notice.pool) == (
        "1 instance of no block will not be drained in time",
        None,
        None,
    )
