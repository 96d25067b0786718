"""A reservation, as EC2 reports it."""

from datetime import datetime

import pytest

from capacity_blocks.core import tag
from capacity_blocks.core.reservation import DEAD, PAID, UNPAID, ReservationState
from tests.factories import START, a_reservation


def test_a_state_that_ec2_may_add_later_is_a_named_unknown() -> None:
    assert ReservationState("half-active") is ReservationState.UNRECOGNISED


def test_a_state_of_ec2s_own_is_itself() -> None:
    assert ReservationState("payment-pending") is ReservationState.PAYMENT_PENDING


def test_no_state_is_two_of_paid_unpaid_and_dead() -> None:
    assert PAID & UNPAID == PAID & DEAD == UNPAID & DEAD == frozenset()


def test_the_states_in_which_nothing_is_certain_are_these() -> None:
    assert {state.value for state in set(ReservationState) - PAID - UNPAID - DEAD} == {
        "assessing",
        "delayed",
        "unsupported",
        "cancelling",
        "unavailable",
        "unrecognised",
    }


@pytest.mark.parametrize("field", ["start", "end"])
def test_an_instant_without_a_zone_is_refused_by_the_id_of_its_block(field: str) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001  # that is the point

    with pytest.raises(ValueError, match=r"^cr-0a: start and end must be timezone-aware$"):
        a_reservation(**{field: naive})


def test_a_block_is_of_the_pool_in_its_tag() -> None:
    assert a_reservation(tags={tag.POOL: "research"}).pool == "research"


@pytest.mark.parametrize("tags", [{}, {tag.POOL: ""}], ids=["no tag", "an empty tag"])
def test_a_block_without_a_pool_in_its_tags_is_of_none(tags: dict[str, str]) -> None:
    assert a_reservation(tags=tags).pool is None


def test_only_what_was_paid_is_paid() -> None:
    paid = {s for s in ReservationState if a_reservation(state=s, start=START).is_paid}

    assert paid == {ReservationState.SCHEDULED, ReservationState.ACTIVE}
