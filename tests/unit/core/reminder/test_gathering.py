"""What is looked up ahead of reminders: in time, a few calls at a time, the same search once for several blocks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core.purchase.query import Query, Subject
from capacity_blocks.core.reminder.found import Want
from capacity_blocks.core.reminder.gathering import CALLS, Errand, can_be_extended, errands, look_again_at, next_calls
from capacity_blocks.core.reminder.offer import OfferKind
from capacity_blocks.core.reminder.settings import ReminderSettings
from capacity_blocks.core.reservation import Reservation, ReservationState
from tests.factories import REGION
from tests.unit.core.reminder.shapes import DAY, END, HOUR, MINUTE, START, a_block

SECOND = timedelta(seconds=1)
BLOCK = a_block()
SETTINGS = ReminderSettings(durations=(DAY,))
RUNG = END - 3 * DAY


def wants(now: datetime, block: Reservation = BLOCK, *, is_paying: bool = False) -> list[Errand]:
    return list(errands(now, block, SETTINGS, is_paying=is_paying))


def kinds(now: datetime, block: Reservation = BLOCK, *, is_paying: bool = False) -> list[OfferKind]:
    return [each.want.kind for each in wants(now, block, is_paying=is_paying)]


BOTH = [OfferKind.EXTENSION, OfferKind.NEW_BLOCK]


def test_extensions_and_new_blocks_are_wanted_for_the_next_rung() -> None:
    assert wants(RUNG - HOUR) == [
        Errand(
            block=BLOCK,
            want=Want(reservation_id="cr-0a", end=END, kind=kind, duration=DAY),
            rung=RUNG,
        )
        for kind in BOTH
    ]


def test_after_the_last_rung_nothing_is_wanted() -> None:
    assert wants(END - 2 * HOUR - SECOND) != []
    assert wants(END - 2 * HOUR) == []


NOT_EXTENDED = {
    "one that is not ours": {"owned": False},
    "one that is not paid": {"state": ReservationState.PAYMENT_PENDING},
    "one that would last longer than EC2 sells": {"start": END - 182 * DAY},
}


@pytest.mark.parametrize("changes", NOT_EXTENDED.values(), ids=NOT_EXTENDED.keys())
def test_no_extension_is_asked_for_of(changes: dict[str, Any]) -> None:
    assert kinds(RUNG - HOUR, replace(BLOCK, **changes)) == [OfferKind.NEW_BLOCK]


def test_none_is_asked_for_while_one_is_being_paid() -> None:
    assert kinds(RUNG - HOUR, is_paying=True) == [OfferKind.NEW_BLOCK]


@pytest.mark.parametrize("changes", [{"ultraserver": True}, {"ultraserver": None}, {"instance_count": 0}])
def test_nothing_is_searched_for_that_cannot_be_named(changes: dict[str, Any]) -> None:
    assert kinds(RUNG - HOUR, replace(BLOCK, **changes)) == [OfferKind.EXTENSION]


def test_extensions_are_sold_from_56_days_to_an_hour_before_the_end() -> None:
    long = replace(BLOCK, start=END - 100 * DAY)
    at = {
        END - 56 * DAY - SECOND: False,
        END - 56 * DAY: True,
        END - HOUR: True,
        END - HOUR + SECOND: False,
    }

    assert {now: can_be_extended(now, long, DAY) for now in at} == at
    assert can_be_extended(END - DAY, replace(BLOCK, start=END - 181 * DAY), DAY)
    assert not can_be_extended(END - DAY, replace(BLOCK, start=END - 181 * DAY - SECOND), DAY)


def test_a_search_asks_for_the_same_hardware_around_the_end_and_never_for_the_past() -> None:
    [_, errand] = wants(RUNG - HOUR)
    subject = Subject(region=REGION, types=("p5.48xlarge",), duration=DAY)

    assert errand.query(RUNG) == Query(subject=subject, count=8, not_before=END - DAY, not_after=END + 4 * DAY)
    assert errand.query(END - DAY) == Query(subject=subject, count=8, not_before=None, not_after=END + 4 * DAY)
    assert wants(RUNG - HOUR)[0].query(RUNG) is None


LOOKS = {
    "long before": (RUNG - 6 * HOUR - SECOND, None, False),
    "in time": (RUNG - 6 * HOUR, None, True),
    "in time, looked up before": (RUNG - 6 * HOUR, RUNG - 6 * HOUR - SECOND, True),
    "looked up": (RUNG - 5 * HOUR, RUNG - 6 * HOUR, False),
    "shortly before": (RUNG - HOUR, RUNG - 6 * HOUR, True),
    "looked up shortly before": (RUNG - MINUTE, RUNG - HOUR, False),
    "late": (RUNG - SECOND, None, True),
}


@pytest.mark.parametrize(("now", "found_at", "is_due"), LOOKS.values(), ids=LOOKS.keys())
def test_each_is_looked_up_in_time_and_again_shortly_before(
    now: datetime, found_at: datetime | None, is_due: bool
) -> None:
    wanted = wants(now)[:1]
    found = {} if found_at is None else {wanted[0].want.key: found_at}

    assert next_calls(now, wanted, found) == (((wanted[0],),) if is_due else ())
    again = look_again_at(now, wanted, found)
    assert again is not None
    assert (again == now) if is_due else (again > now)


def test_one_search_answers_for_all_blocks_of_one_kind_and_end() -> None:
    twin = replace(BLOCK, reservation_id="cr-0b")
    larger = replace(BLOCK, reservation_id="cr-0c", instance_count=16)
    wanted = [each for block in (BLOCK, twin, larger) for each in wants(RUNG - HOUR, block)]

    calls = next_calls(RUNG - HOUR, wanted, {})

    assert [[each.block.reservation_id for each in call] for call in calls if call[0].query(RUNG)] == [
        ["cr-0a", "cr-0b"],
        ["cr-0c"],
    ]
    assert len(calls) == 5


def test_a_run_makes_a_quarter_of_the_calls_that_the_bucket_allows() -> None:
    blocks = [replace(BLOCK, reservation_id=f"cr-{n:03}") for n in range(256)]
    wanted = [each for block in blocks for each in wants(RUNG - HOUR, block)]

    assert CALLS == 11  # in five minutes, in which 45 flow in
    assert len(next_calls(RUNG - HOUR, wanted, {})) == CALLS


def test_256_blocks_that_end_together_are_looked_up_in_the_hours_before_a_rung() -> None:
    """Play the runs of the hours before a rung: each block's extensions and its one shared search."""
    blocks = [replace(BLOCK, reservation_id=f"cr-{n:03}") for n in range(256)]
    found: dict[str, datetime] = {}
    now = RUNG - 6 * HOUR
    while now < RUNG:
        wanted = [each for block in blocks for each in wants(now, block)]
        for call in next_calls(now, wanted, found):
            found |= {each.want.key: now for each in call}
        now += 5 * MINUTE

    assert len(found) == 512


def test_what_was_never_looked_up_goes_first_then_what_is_due_first() -> None:
    soon = replace(BLOCK, reservation_id="cr-0z", end=END - HOUR)
    now = RUNG - 2 * HOUR
    wanted = [each for block in (BLOCK, soon) for each in wants(now, block) if each.want.kind is OfferKind.EXTENSION]
    of_soon = next(each.want.key for each in wanted if each.block == soon)

    def order(found: dict[str, datetime]) -> list[str]:
        return [call[0].block.reservation_id for call in next_calls(now, wanted, found)]

    assert order({}) == ["cr-0z", "cr-0a"]
    assert order({of_soon: START}) == ["cr-0a", "cr-0z"]
