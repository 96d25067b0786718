"""The fake ledger and the one in DynamoDB keep the same promises."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.core.binding import Claim, ClaimState, Previous
from capacity_blocks.core.target import TargetId, TemplateVersion
from capacity_blocks.ports import Ledger
from tests import aws
from tests.factories import REGION, at
from tests.fakes import FakeLedger

NOW = at("2026-03-01T11:00")
SECOND = timedelta(seconds=1)
TARGET = TargetId(region=REGION, name="train")
CLAIM = Claim(
    target=TARGET,
    reservation_id="cr-0a",
    state=ClaimState.BINDING,
    run="run-1",
    at=NOW,
    previous=Previous(
        template=TemplateVersion(template_id="lt-0a", version="3"), subnets=("subnet-a", "subnet-b"), maximum=8
    ),
)
MADE = TemplateVersion(template_id="lt-0a", version="4")


@pytest.fixture(params=["fake", "dynamodb"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "fake":
        yield FakeLedger()
        return
    with aws.moto():
        client = aws.ledger_table("ledger")
        yield DynamoDbLedger(client, "ledger", "live")


def test_nothing_is_said_at_first(ledger: Ledger) -> None:
    assert ledger.said(REGION) == {}


def test_what_was_said_is_known_with_its_time_in_its_region(ledger: Ledger) -> None:
    ledger.has_said(REGION, "cr-0a:draining", NOW)
    ledger.has_said("eu-west-1", "cr-0b:draining", NOW)

    assert ledger.said(REGION) == {"cr-0a:draining": NOW}


def test_a_notice_that_is_being_sent_is_not_said_yet(ledger: Ledger) -> None:
    assert ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)

    assert ledger.said(REGION) == {}


def test_what_was_said_is_not_said_again_by_anybody_ever(ledger: Ledger) -> None:
    ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)
    ledger.has_said(REGION, "cr-0a:draining", NOW)

    assert not ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)
    assert not ledger.begin_saying(REGION, "cr-0a:draining", "run-2", NOW + timedelta(days=1))


def test_of_two_runs_one_sends_a_notice(ledger: Ledger) -> None:
    assert ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)

    assert not ledger.begin_saying(REGION, "cr-0a:draining", "run-2", NOW + 59 * SECOND)


def test_a_notice_that_was_never_confirmed_is_sent_again_after_a_minute(ledger: Ledger) -> None:
    ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)

    assert ledger.begin_saying(REGION, "cr-0a:draining", "run-2", NOW + 60 * SECOND)
    assert not ledger.begin_saying(REGION, "cr-0a:draining", "run-3", NOW + 61 * SECOND)


def test_a_run_that_asks_twice_has_its_claim_on_a_notice_still(ledger: Ledger) -> None:
    ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)

    assert ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW + SECOND)


def test_notices_of_two_regions_do_not_meet(ledger: Ledger) -> None:
    assert ledger.begin_saying(REGION, "trouble", "run-1", NOW)
    assert ledger.begin_saying("eu-west-1", "trouble", "run-2", NOW)


def test_a_target_has_no_claim_at_first(ledger: Ledger) -> None:
    assert ledger.claim(TARGET) is None


@pytest.mark.parametrize(
    "claim",
    [
        CLAIM,
        replace(CLAIM, target=TargetId(region=REGION, name="gpu", cluster="ml")),
        replace(CLAIM, previous=Previous()),
        replace(CLAIM, at=NOW.replace(microsecond=7)),
        replace(CLAIM, made_version=MADE, stale_version=MADE, update_id="u-1", state=ClaimState.UPDATING),
    ],
    ids=["group", "node-group", "nothing-before", "microsecond", "updating"],
)
def test_a_claim_is_read_as_it_was_written(ledger: Ledger, claim: Claim) -> None:
    assert ledger.put_claim(claim, replacing=None)

    assert ledger.claim(claim.target) == claim


def test_a_group_and_a_node_group_of_one_name_have_claims_of_their_own(ledger: Ledger) -> None:
    ledger.put_claim(replace(CLAIM, target=TargetId(region=REGION, name="ml/train")), replacing=None)

    assert ledger.claim(TargetId(region=REGION, name="train", cluster="ml")) is None
    assert ledger.claim(TargetId(region="eu-west-1", name="ml/train")) is None


def test_of_two_runs_one_claims_a_target(ledger: Ledger) -> None:
    assert ledger.put_claim(CLAIM, replacing=None)
    assert not ledger.put_claim(replace(CLAIM, run="run-2"), replacing=None)

    assert ledger.claim(TARGET) == CLAIM


def test_a_claim_replaces_the_one_that_was_read(ledger: Ledger) -> None:
    ledger.put_claim(CLAIM, replacing=None)
    made = replace(CLAIM, made_version=MADE)

    assert ledger.put_claim(made, replacing=CLAIM)
    assert ledger.put_claim(replace(made, state=ClaimState.BOUND), replacing=made)
    assert ledger.claim(TARGET) == replace(made, state=ClaimState.BOUND)


@pytest.mark.parametrize(
    "change",
    [
        {"run": "run-2"},
        {"at": NOW + SECOND},
        {"state": ClaimState.BOUND},
        {"reservation_id": "cr-0b"},
        {"made_version": MADE},
        {"stale_version": MADE},
        {"update_id": "u-1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_claim_does_not_replace_one_that_was_changed_meanwhile(ledger: Ledger, change: dict[str, object]) -> None:
    changed = replace(CLAIM, **change)  # type: ignore[arg-type]  # a field of each type
    ledger.put_claim(changed, replacing=None)

    assert not ledger.put_claim(replace(CLAIM, run="run-3"), replacing=CLAIM)
    assert ledger.claim(TARGET) == changed


def test_a_claim_does_not_replace_one_that_is_gone(ledger: Ledger) -> None:
    assert not ledger.put_claim(replace(CLAIM, state=ClaimState.BOUND), replacing=CLAIM)

    assert ledger.claim(TARGET) is None


def test_a_claim_that_is_written_twice_is_ours_both_times(ledger: Ledger) -> None:
    ledger.put_claim(CLAIM, replacing=None)

    assert ledger.put_claim(CLAIM, replacing=None)


def test_the_newest_run_keeps_watch(ledger: Ledger) -> None:
    ledger.take_watch("run-1")
    ledger.take_watch("run-2")

    assert ledger.keeps_watch("run-2")
    assert not ledger.keeps_watch("run-1")


def test_nobody_keeps_watch_at_first(ledger: Ledger) -> None:
    assert not ledger.keeps_watch("run-1")
