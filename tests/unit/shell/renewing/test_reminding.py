"""The runs that remind: each rung once over restarts, silence where nothing need be said, one block's trouble alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.pool import Extension
from capacity_blocks.core.reminder.found import Found, Want
from capacity_blocks.core.reminder.ladder import key
from capacity_blocks.core.reminder.offer import OfferKind
from capacity_blocks.core.reminder.settings import Metric
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal.settings import RenewalMode
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.ports import AwsError
from tests.factories import REGION
from tests.fakes import refused, unclear
from tests.fakes.ec2 import FakeReservations
from tests.unit.core.reminder.shapes import DAY, END, HOUR, MINUTE, NOW, START, a_block, a_new_block, an_extension
from tests.unit.core.renewal.shapes import a_renewal
from tests.unit.shell.renewing.stage import Stage

BUSY = Usage(instances=Decimal("97.2"))
RENEWS = {"mode": "extend", "hours": 168, "most_fee": "50000"}
BLOCK = a_block()
KEY = key(BLOCK, 3 * DAY)
RUNGS = [7 * DAY, 3 * DAY, DAY, 14 * HOUR, 4 * HOUR, 2 * HOUR]


@pytest.fixture
def stage() -> Stage:
    held = Stage()
    held.hold(BLOCK)
    held.utilization.held["cr-0a"] = BUSY
    return held


def test_a_rung_is_said_once_however_often_it_is_looked_at(stage: Stage) -> None:
    answers = [stage.remind(NOW + run * 5 * MINUTE, run=f"run-{run}") for run in range(5)]

    assert stage.keys == [KEY]
    assert answers[-1] == {
        "outcome": "reminded",
        "done": [],
        "errors": [],
        "look_again_at": (END - DAY).isoformat(),
    }


def test_a_life_has_each_rung_once(stage: Stage) -> None:
    now = START + MINUTE
    while now < END + DAY:
        stage.remind(now)
        now += 5 * MINUTE

    assert stage.keys == [key(BLOCK, lead) for lead in [14 * DAY, *RUNGS]]


def test_two_runs_at_once_say_it_once(stage: Stage) -> None:
    stage.ledger.begin_saying(REGION, KEY, "another run", NOW)

    stage.remind(NOW + timedelta(seconds=30))

    assert stage.keys == []


def test_a_run_that_crashed_while_sending_repeats_it_once(stage: Stage) -> None:
    stage.ledger.errors["has_said"] = unclear()
    assert stage.remind()["errors"]  # sent, and not recorded
    del stage.ledger.errors["has_said"]

    for run in range(1, 4):
        stage.remind(NOW + run * 5 * MINUTE, run=f"run-{run}")

    assert stage.keys == [KEY, KEY]


def test_one_that_could_not_be_sent_is_sent_by_the_next_run(stage: Stage) -> None:
    stage.notifier.errors["send"] = unclear("Publish")
    assert stage.remind()["errors"] == ["cr-0a: Publish: ReadTimeoutError: no answer came"]
    del stage.notifier.errors["send"]

    stage.remind(NOW + 5 * MINUTE, run="run-2")

    assert stage.keys == [KEY]


def test_a_block_that_is_found_late_has_its_latest_rung_alone(stage: Stage) -> None:
    stage.remind(END - 3 * HOUR)

    assert stage.keys == [key(BLOCK, 4 * HOUR)]


def test_nothing_is_said_where_a_paid_block_follows(stage: Stage) -> None:
    following = a_block(reservation_id="cr-0b", start=END, end=END + 7 * DAY, state=ReservationState.SCHEDULED)
    stage.hold(following)

    for lead in RUNGS:
        stage.remind(END - lead)

    assert stage.keys == []


def test_one_in_another_region_counts_too(stage: Stage) -> None:
    elsewhere = FakeReservations()
    elsewhere.hold(a_block(reservation_id="cr-0b", region="us-west-2", start=END, end=END + 7 * DAY))
    stage.regions["us-west-2"] = elsewhere

    stage.remind()

    assert stage.keys == []


@pytest.mark.parametrize(
    "changes", [{"state": ReservationState.PAYMENT_PENDING}, {"start": END + MINUTE}, {"tags": {tag.POOL: "art"}}]
)
def test_one_that_is_not_paid_comes_late_or_is_of_another_pool_silences_nothing(
    stage: Stage, changes: dict[str, Any]
) -> None:
    stage.hold(a_block(**({"reservation_id": "cr-0b", "start": END, "end": END + 60 * DAY} | changes)))

    stage.remind()

    assert stage.keys == [KEY]


def test_an_extension_moves_all_reminders_that_are_to_come(stage: Stage) -> None:
    stage.remind(END - DAY)
    extended = replace(BLOCK, end=END + 7 * DAY)
    stage.hold(extended)

    now = END - 20 * HOUR
    while now < extended.end:
        stage.remind(now)
        now += 5 * MINUTE

    assert stage.keys == [key(BLOCK, DAY), *(key(extended, lead) for lead in RUNGS)]


def test_an_extension_that_is_being_paid_is_said(stage: Stage) -> None:
    stage.reservations.paying["cr-0a"] = Extension(reservation_id="cr-0a", end=END + DAY)

    stage.remind()

    assert "An extension to 2026-06-16 11:30 UTC is being paid" in stage.notifier.sent[0].text


@pytest.mark.parametrize(
    "state", [ReservationState.PAYMENT_PENDING, ReservationState.PAYMENT_FAILED, ReservationState.EXPIRED]
)
def test_what_is_not_held_has_no_end_to_remind_of(stage: Stage, state: ReservationState) -> None:
    stage.hold(replace(BLOCK, state=state))

    stage.remind()

    assert stage.keys == []


def test_a_pool_may_have_a_ladder_of_its_own_or_none(stage: Stage) -> None:
    stage.pool(reminders={"hours_before_end": [100]})
    stage.remind(END - 100 * HOUR)
    assert stage.keys == ["cr-0a:reminder:100h:20260615T1130Z"]

    stage.pool(reminders={"hours_before_end": []})
    assert stage.remind(END - 2 * HOUR)["look_again_at"] is None
    assert len(stage.keys) == 1


def test_a_block_that_only_settings_name_is_of_that_pool(stage: Stage) -> None:
    stage.hold(replace(BLOCK, tags={}))
    stage.pool(reservations=["cr-0a"])

    stage.remind()

    assert stage.notifier.sent[0].pool == "training"


def test_a_block_that_nobody_claims_is_reminded_of(stage: Stage) -> None:
    stage.hold(replace(BLOCK, tags={}))

    stage.remind()

    assert (stage.keys, stage.notifier.sent[0].pool) == ([KEY], None)


def test_broken_settings_leave_the_reminders_and_take_what_spends(stage: Stage) -> None:
    stage.settings.held["training"] = '{"money": {"cap": 1}, "renewal": {"mode": "extend"}}'

    stage.remind(END - DAY)

    assert stage.keys == [key(BLOCK, DAY)]
    assert stage.notifier.sent[0].choices == ()
    assert stage.started == []


def test_settings_that_cannot_be_read_send_nothing_wrong(stage: Stage) -> None:
    stage.settings.errors["texts"] = refused()

    with pytest.raises(AwsError):
        stage.remind()
    assert stage.keys == []


def test_a_reminder_shows_what_was_looked_up_for_its_end(stage: Stage) -> None:
    want = Want(reservation_id="cr-0a", end=END, kind=OfferKind.EXTENSION, duration=DAY)
    stage.offers.put(Found(want=want, at=NOW - 12 * MINUTE, offerings=(an_extension(),)), REGION)
    of_old_end = replace(want, end=END - DAY, duration=7 * DAY)
    stage.offers.put(Found(want=of_old_end, at=NOW, trouble="of an end that has moved"), REGION)

    stage.remind()

    [told] = stage.notifier.sent
    assert "To extend it, as of 12 minutes ago:\n- 1 day for $6,080" in told.text
    assert "moved" not in told.text
    assert [each.label for each in told.choices] == ["Extend 1 day: $6,080"]


def test_the_metric_that_the_pool_names_is_asked_for(stage: Stage) -> None:
    metric = {"namespace": "CWAgent", "name": "gpu", "dimensions": {"AutoScalingGroupName": "train"}}
    stage.pool(reminders={"accelerator_metric": metric})

    stage.remind()

    named = Metric(namespace="CWAgent", name="gpu", dimensions=(("AutoScalingGroupName", "train"),))
    assert stage.utilization.asked == {"cr-0a": named}


def test_a_block_that_has_not_started_is_not_asked_how_busy_it_is(stage: Stage) -> None:
    stage.hold(replace(BLOCK, state=ReservationState.SCHEDULED))

    stage.remind()

    assert stage.utilization.asked == {}
    assert stage.keys == [KEY]


def test_a_book_that_cannot_be_read_keeps_no_reminder_back(stage: Stage) -> None:
    stage.books.errors["book"] = refused()

    assert stage.remind()["errors"] == []
    assert stage.keys == [KEY]


def test_one_region_that_cannot_be_read_stops_no_other(stage: Stage) -> None:
    broken = FakeReservations(errors={"capacity_blocks": refused("DescribeCapacityReservations")})
    stage.regions["us-west-2"] = broken

    answer = stage.remind()

    assert answer["errors"] == ["us-west-2: DescribeCapacityReservations: AccessDenied: not allowed"]
    assert answer["look_again_at"] == NOW.isoformat()
    assert stage.keys == [KEY]


def test_a_history_of_extensions_that_cannot_be_read_keeps_no_reminder_back_and_renews_nothing(stage: Stage) -> None:
    renewing(stage)
    stage.reservations.errors["pending_extensions"] = refused("DescribeCapacityBlockExtensionHistory")

    errors = stage.remind(END - DAY)["errors"]

    words = "DescribeCapacityBlockExtensionHistory: AccessDenied: not allowed"
    assert errors == [f"{REGION}: {words}"]
    assert (stage.keys, stage.started, stage.renewals.held) == ([key(BLOCK, DAY)], [], {})
    assert f"Whether an extension is being paid is not known: {words}." in stage.notifier.sent[0].text


def test_one_block_whose_offers_cannot_be_read_stops_no_other(stage: Stage) -> None:
    other = replace(BLOCK, reservation_id="cr-0b")
    stage.hold(other)
    errors = stage.offers.errors
    errors["of"] = refused("Query")
    assert len(stage.remind()["errors"]) == 2
    errors.clear()

    assert stage.remind(NOW + 5 * MINUTE)["errors"] == []
    assert sorted(stage.keys) == sorted([KEY, key(other, 3 * DAY)])


def test_a_block_that_cannot_be_asked_for_again_is_reminded_of_without_a_button(stage: Stage) -> None:
    """It may be of an UltraServer: EC2 has offers, and nobody knows what to ask for."""
    other = replace(BLOCK, reservation_id="cr-0b")
    stage.hold(replace(BLOCK, ultraserver=None), other)
    want = Want(reservation_id="cr-0a", end=END, kind=OfferKind.NEW_BLOCK, duration=DAY)
    stage.offers.put(Found(want=want, at=NOW - HOUR, offerings=(a_new_block(),)), REGION)

    assert stage.remind()["errors"] == []

    assert stage.keys == [KEY, key(other, 3 * DAY)]
    [told, _] = stage.notifier.sent
    assert "New blocks, as of 1 hour ago:" in told.text
    assert told.choices == ()
    assert "without a button" not in told.text


@pytest.mark.parametrize("error", [KeyError("trouble"), ValueError("a document of another version")])
def test_one_block_whose_trouble_nobody_foresaw_stops_no_other(stage: Stage, error: Exception) -> None:
    other = replace(BLOCK, reservation_id="cr-0b")
    stage.hold(other)
    read = stage.offers.of

    def of(region: str, reservation_id: str) -> tuple[Found, ...]:
        if reservation_id == "cr-0a":
            raise error
        return read(region, reservation_id)

    stage.offers.of = of  # type: ignore[method-assign]  # to fail for one block alone

    assert stage.remind()["errors"] == [f"cr-0a: {type(error).__name__}: {error}"]
    assert stage.keys == [key(other, 3 * DAY)]


# Renewal without a question


def renewing(stage: Stage, **changes: Any) -> None:
    stage.pool(renewal=RENEWS | changes)


def test_a_used_block_is_extended_once_over_duplicates_and_restarts(stage: Stage) -> None:
    renewing(stage)
    for number in range(5):
        stage.remind(END - DAY + number * 5 * MINUTE, run=f"run-{number}")

    assert stage.started == [
        (
            "arn:extend",
            "renew-cr-0a-20260615t1130",
            {
                "extend": {
                    "reservation_id": "cr-0a",
                    "region": REGION,
                    "hours": 168,
                    "why": "renewed without a question: 97.2 % of it was in use",
                    "automatic": True,
                    "most_fee": "50000",
                    "end": "2026-06-15T11:30:00Z",
                }
            },
        )
    ]
    assert stage.renewals.held == {("cr-0a", END): a_renewal()}
    assert stage.keys == ["cr-0a:renewal:20260615T1130Z", key(BLOCK, DAY)]


def test_what_came_to_nothing_is_tried_again_each_hour_until_an_hour_before_the_end(stage: Stage) -> None:
    renewing(stage)
    at = END - DAY
    while at < END:
        stage.remind(at, run=f"{at}")
        at += 5 * MINUTE

    names = [name for _, name, _ in stage.started]
    assert names == ["renew-cr-0a-20260615t1130", *(f"renew-cr-0a-20260615t1130-{n}" for n in range(1, 23))]
    assert len({document["extend"]["why"] for _, _, document in stage.started}) == 1
    assert stage.keys.count("cr-0a:renewal:20260615T1130Z") == 1


def test_what_is_no_longer_due_is_not_tried_again(stage: Stage) -> None:
    renewing(stage)
    stage.remind(END - DAY)
    stage.utilization.held["cr-0a"] = Usage()
    stage.remind(END - DAY + HOUR)
    renewing(stage, mode="buy_successor")
    stage.remind(END - DAY + 2 * HOUR)
    stage.pool()
    stage.remind(END - DAY + 3 * HOUR)

    assert len(stage.started) == 1


def test_it_is_recorded_before_it_is_started_and_a_crash_in_between_starts_the_same(stage: Stage) -> None:
    renewing(stage)
    stage.workflows.errors["start"] = unclear("StartExecution")
    assert stage.remind(END - DAY)["errors"] == ["cr-0a: StartExecution: ReadTimeoutError: no answer came"]
    assert stage.renewals.held
    assert stage.keys == []
    stage.workflows.errors.clear()
    stage.utilization.held["cr-0a"] = Usage(instances=Decimal(60))  # by now

    stage.remind(END - DAY + 5 * MINUTE)

    [(_, name, document)] = stage.started
    assert name == "renew-cr-0a-20260615t1130"
    assert "97.2 %" in document["extend"]["why"]


def test_a_block_that_follows_is_bought_by_the_workflow_of_purchases(stage: Stage) -> None:
    renewing(stage, mode="buy_successor")

    stage.remind(END - DAY)

    [(machine, name, document)] = stage.started
    assert (machine, name) == ("arn:buy", "renew-cr-0a-20260615t1130")
    assert document["request_id"] == "next-cr-0a-20260615t1130"
    assert stage.renewals.held["cr-0a", END].mode is RenewalMode.BUY_SUCCESSOR


@pytest.mark.parametrize("usage", [Usage(), Usage(instances=Decimal("49.9"))])
def test_unknown_or_too_little_use_renews_nothing_and_is_told_once(stage: Stage, usage: Usage) -> None:
    renewing(stage)
    stage.utilization.held["cr-0a"] = usage
    answers = [stage.remind(END - DAY + number * 5 * MINUTE) for number in range(4)]

    assert stage.started == []
    assert stage.keys == ["cr-0a:not-renewed:20260615T1130Z", key(BLOCK, DAY)]
    assert answers[-1]["look_again_at"] == (END - DAY + 20 * MINUTE).isoformat()  # it may be used later


def test_once_it_is_used_it_is_renewed_after_all(stage: Stage) -> None:
    renewing(stage)
    stage.utilization.held["cr-0a"] = Usage()
    stage.remind(END - DAY)
    stage.utilization.held["cr-0a"] = BUSY

    stage.remind(END - DAY + 5 * MINUTE)

    assert len(stage.started) == 1


def test_nothing_is_renewed_before_the_lead_nor_while_an_extension_is_paid(stage: Stage) -> None:
    renewing(stage)
    stage.remind(END - DAY - MINUTE)
    stage.reservations.paying["cr-0a"] = Extension(reservation_id="cr-0a", end=END + DAY)
    stage.remind(END - DAY)

    assert stage.started == []
    assert "cr-0a:not-renewed:20260615T1130Z" not in stage.keys


def test_nothing_is_renewed_where_a_paid_block_follows(stage: Stage) -> None:
    renewing(stage)
    stage.hold(a_block(reservation_id="cr-0b", start=END, end=END + 60 * DAY, state=ReservationState.SCHEDULED))

    stage.remind(END - DAY)

    assert stage.started == []
    assert stage.keys == []


def test_who_only_observes_says_so_and_starts_nothing(stage: Stage) -> None:
    renewing(stage)
    stage.observes = True

    stage.remind(END - DAY)

    assert (stage.started, stage.renewals.held) == ([], {})
    assert stage.keys[0] == "cr-0a:renewal:20260615T1130Z"


def test_a_block_without_a_pool_is_never_renewed(stage: Stage) -> None:
    stage.hold(replace(BLOCK, tags={}))
    stage.settings.held[""] = '{"renewal": {"mode": "extend", "hours": 24, "most_fee": "1"}}'

    stage.remind(END - DAY)

    assert stage.started == []


def test_the_next_look_is_when_something_is_due(stage: Stage) -> None:
    def again(now: datetime) -> Any:
        return stage.remind(now)["look_again_at"]

    assert again(NOW) == (END - DAY).isoformat()
    renewing(stage, lead_hours=36)
    assert again(NOW + MINUTE) == (END - 36 * HOUR).isoformat()
    assert again(END) is None
