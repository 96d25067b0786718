"""A click on a reminder: the workflow is started once, by people who may approve what it will ask."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.clicking.reply import Reply
from capacity_blocks.clicking.starter import AGAIN, Starter
from capacity_blocks.core.renewal.successor import document
from capacity_blocks.core.slack.click import essence, parse
from capacity_blocks.core.slack.wish import Extension, Successor, read
from capacity_blocks.ports import AwsError
from tests.factories import at
from tests.fakes import FakeClock, FakePoolSettings, refused
from tests.fakes.ec2 import FakeReservations
from tests.fakes.slack import FakeWorkflows
from tests.slack import ADA, EVE, a_click, a_message, buttons
from tests.unit.shell.clicking.stage import BLOCK

NOW = at("2026-05-10T09:00")
EXTENSION = Extension(
    reservation_id="cr-0a",
    region="us-east-2",
    pool="training",
    duration=timedelta(days=7),
    most_fee="42000.00",
    end=BLOCK.end,
)
SUCCESSOR = Successor(
    reservation_id="cr-0a",
    region="us-east-2",
    pool="training",
    end=BLOCK.end,
    start=BLOCK.end - timedelta(hours=1),
    until=BLOCK.end + timedelta(days=7),
    most_fee="42000",
)
ASKED = document(BLOCK, "training", start=SUCCESSOR.start, end=SUCCESSOR.until, most_fee=Decimal(42000))
MONEY = (
    '{"money": {"most_per_purchase": "60000", "monthly_budget": "100000", "two_approvers_above": "50000",'
    ' "approvers": ["slack:T0TEAM/U0ADA"]}}'
)


class Stage:
    def __init__(self) -> None:
        self.settings = FakePoolSettings()
        self.settings.held["training"] = MONEY
        self.workflows = FakeWorkflows()
        self.reservations = FakeReservations()
        self.reservations.hold(BLOCK)

    def click(self, wish: Extension | Successor, user: str = ADA, **more: Any) -> Reply:
        ts = more.pop("ts", "1713600000.000100")
        value = dict(wish.value)
        payload = essence(a_click(value, a_message(buttons(value), ts=ts), user=user, **more))
        assert payload is not None
        starter = Starter(
            clock=FakeClock(NOW),
            pool_settings=self.settings,
            workflows=self.workflows,
            extension_machine="extension",
            purchase_machine="purchase",
            reservations={"us-east-2": self.reservations}.get,
        )
        click = parse(payload)
        wished = read(click.value)
        assert isinstance(wished, Extension | Successor)
        return starter.start(click, wished)


def test_an_extension_is_asked_for_under_the_terms_shown() -> None:
    stage = Stage()
    reply = stage.click(EXTENSION)

    assert stage.workflows.started == {
        ("extension", "cr-0a-168h-1713600000-000100"): {
            "extend": {
                "reservation_id": "cr-0a",
                "region": "us-east-2",
                "hours": 168,
                "why": "slack:T0TEAM/U0ADA asked for it in Slack (click 1713603600.123456)",
                "automatic": False,
                "most_fee": "42000.00",
                "end": "2026-05-11T11:30:00Z",
            }
        }
    }
    assert reply.told == ""
    assert reply.note is not None
    assert reply.note.text == (
        "*Asked for* by <@U0ADA>, 2026-05-10 09:00 UTC: extend cr-0a, which ends at 2026-05-11 11:30 UTC, by 168 hours "
        "for at most $42,000. It is looked up anew, and a question with its exact terms follows; nothing is bought "
        "before that is answered."
    )
    assert reply.note.concerns(dict(EXTENSION.value))
    assert not reply.note.concerns(dict(SUCCESSOR.value))


def test_a_successor_is_asked_for_as_the_block_is_now_with_all_its_tags() -> None:
    stage = Stage()
    reply = stage.click(SUCCESSOR)

    assert stage.workflows.started == {("purchase", "next-cr-0a-20260511t1130-1713600000-000100"): ASKED}
    assert len(ASKED["tags"]) == 12
    assert reply.note is not None
    assert (
        "buy a block for pool training that follows cr-0a, from 2026-05-11 10:30 UTC to 2026-05-18 11:30 UTC, for at "
        "most $42,000." in reply.note.text
    )


GONE_BY_NOW: dict[str, dict[str, Any]] = {
    "its end has moved": {"end": BLOCK.end + timedelta(days=1)},
    "it is no more": {"reservation_id": "cr-0b"},
    "nobody knows its type": {"ultraserver": None},
    "nobody knows its size": {"instance_count": 0},
}


@pytest.mark.parametrize("changes", GONE_BY_NOW.values(), ids=GONE_BY_NOW.keys())
def test_what_cannot_be_asked_for_by_now_says_so_and_starts_nothing(changes: dict[str, Any]) -> None:
    stage = Stage()
    stage.reservations.held = {}
    stage.reservations.hold(replace(BLOCK, **changes))

    assert "nothing was asked for" in stage.click(SUCCESSOR).told
    assert stage.workflows.started == {}


def test_a_region_that_is_not_watched_has_nothing_to_follow() -> None:
    stage = Stage()

    assert "nothing was asked for" in stage.click(replace(SUCCESSOR, region="eu-west-1")).told
    assert stage.workflows.started == {}


def test_a_block_that_cannot_be_read_is_tried_again() -> None:
    stage = Stage()
    stage.reservations.errors["capacity_blocks"] = refused()

    with pytest.raises(AwsError):
        stage.click(SUCCESSOR)
    assert stage.workflows.started == {}


@pytest.mark.parametrize("wish", [EXTENSION, SUCCESSOR])
def test_a_second_click_starts_nothing_and_says_so(wish: Extension | Successor) -> None:
    stage = Stage()
    stage.click(wish)
    started = dict(stage.workflows.started)

    if wish is EXTENSION:  # a purchase request is the same whoever sends it: there it is Step Functions' answer
        assert stage.click(wish, action_ts="1713603700.000001") == Reply(told=AGAIN)
    assert stage.workflows.started == started


def test_the_same_click_handed_over_twice_says_the_same_twice() -> None:
    stage = Stage()
    first, second = stage.click(EXTENSION), stage.click(EXTENSION)

    assert first.note is not None
    assert second.note is not None
    assert (first.note.text, len(stage.workflows.started)) == (second.note.text, 1)


def test_a_later_message_may_ask_again() -> None:
    stage = Stage()
    stage.click(EXTENSION)

    assert stage.click(EXTENSION, ts="1714200000.000100").told == ""
    assert len(stage.workflows.started) == 2


@pytest.mark.parametrize("settings", [{"training": MONEY}, {"training": "{}"}, {}], ids=["others", "no money", "none"])
@pytest.mark.parametrize("wish", [EXTENSION, SUCCESSOR])
def test_who_is_not_listed_starts_nothing(wish: Extension | Successor, settings: Mapping[str, str]) -> None:
    stage = Stage()
    stage.settings.held = dict(settings)

    assert stage.click(wish, user=EVE).told.startswith("slack:T0TEAM/U0EVE is not one of pool training's approvers")
    assert stage.workflows.started == {}


def test_broken_settings_list_nobody() -> None:
    stage = Stage()
    stage.settings.held["training"] = "{"

    assert stage.click(EXTENSION).told.startswith("The settings of pool training cannot be read: ")
    assert stage.workflows.started == {}


def test_settings_that_cannot_be_read_are_tried_again() -> None:
    stage = Stage()
    stage.settings.errors["texts"] = refused()

    with pytest.raises(AwsError):
        stage.click(EXTENSION)
    assert stage.workflows.started == {}


def test_names_are_short_enough_for_executions() -> None:
    stage = Stage()
    block = replace(BLOCK, reservation_id=f"cr-{'0' * 17}")
    stage.reservations.hold(block)
    stage.click(replace(SUCCESSOR, reservation_id=block.reservation_id))

    [(_, name)] = stage.workflows.started
    assert len(name) <= 80
