from dataclasses import replace

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.budget import commit
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.reservation import ReservationState
from tests.factories import a_reservation, at
from tests.unit.core.purchase.intents import a_book, an_intent
from tests.unit.core.purchase.notice_values import BERLIN, BY_ALICE, EXECUTION, ID, WHAT, expected, in_state
from tests.unit.core.purchase.shapes import some_settings

UNTIL = at("2026-04-20T21:00")
METHOD = "Look at the payment method of the account (of the payer account, in an organization)."


def test_tags_that_were_added_are_listed() -> None:
    lacking = {"cr-0b": {"team": "ml"}, "cr-0a": {"team": "ml", "Name": "training"}}
    notice = notices.tags_repaired(intent=in_state(IntentState.BOUGHT), repaired=lacking, execution=EXECUTION)

    assert notice == expected(
        "tags-repaired",
        key=notice.key.removeprefix(f"{ID}:tags-repaired"),
        severity=Severity.INFO,
        title="Tags added to cr-0a, cr-0b",
        text=(
            "EC2 did not show these tags of the purchase, so they were added:\n"
            "- cr-0a: Name = training\n- cr-0a: team = ml\n- cr-0b: team = ml"
        ),
        reservation_id="cr-0a",
    )


def test_tags_that_could_not_be_added_come_with_the_command() -> None:
    lacking = {"cr-0a": {"capacity-blocks:pool": "training", "owner": "Ada's team"}}
    notice = notices.tags_not_repaired(
        intent=in_state(IntentState.BOUGHT), lacking=lacking, error="UnauthorizedOperation", execution=EXECUTION
    )

    assert notice == expected(
        "tags-not-repaired",
        key=notice.key.removeprefix(f"{ID}:tags-not-repaired"),
        severity=Severity.CRITICAL,
        title="Tags could not be added to cr-0a",
        text=(
            "AWS says: UnauthorizedOperation\n\n"
            "These lack, and without the tag of the pool nothing is bound to the block:\n"
            "- cr-0a: capacity-blocks:pool = training\n- cr-0a: owner = Ada's team\n\n"
            "To add them:\n\n"
            "aws ec2 create-tags --region us-east-2 --resources cr-0a \\\n"
            '  --tags \'[{"Key": "capacity-blocks:pool", "Value": "training"}, '
            '{"Key": "owner", "Value": "Ada\'"\'"\'s team"}]\''
        ),
        next_step="Run the commands above, or mend what AWS names: it is tried again while the payment is awaited.",
        reservation_id="cr-0a",
    )


def test_the_same_tags_are_told_once_and_others_anew() -> None:
    def key(tags: dict[str, str], error: str) -> str:
        intent = in_state(IntentState.BOUGHT)
        return notices.tags_not_repaired(intent=intent, lacking={"cr-0a": tags}, error=error, execution=EXECUTION).key

    assert key({"a": "1"}, "throttled, request 1") == key({"a": "1"}, "throttled, request 2")
    assert key({"a": "1"}, "") != key({"a": "2"}, "")


def test_an_awaited_payment_says_until_when() -> None:
    notice = notices.payment_pending(intent=in_state(IntentState.BOUGHT), deadline=UNTIL, execution=EXECUTION)

    assert notice == expected(
        "payment-pending",
        severity=Severity.INFO,
        title=f"Payment awaited: $42,000 for {WHAT}",
        text=(
            "EC2 has until 2026-04-20 21:00 UTC to take the fee. The block is ours once it has; you are told when, or "
            "if the payment fails."
        ),
        reservation_id="cr-0a",
        facts=(*BY_ALICE, ("Paid before", "2026-04-20 21:00 UTC")),
    )


def test_a_payment_says_what_is_ours_and_what_it_leaves_of_the_budget() -> None:
    notice = notices.paid(
        intent=in_state(IntentState.PAID),
        reservations=(a_reservation(),),
        book=commit(a_book(an_intent()), ID),
        settings=some_settings(),
        execution=EXECUTION,
        time_zone=BERLIN,
    )

    assert notice.facts[-2:-1] == (("Budget", "$42,000 spent and $0 reserved in 2026-04, $58,000 of $100,000 left"),)
    assert replace(notice, facts=()) == replace(
        expected(
            "paid",
            severity=Severity.INFO,
            title=f"Paid: $42,000 for {WHAT}",
            text=(
                "EC2 has taken the fee: cr-0a is scheduled. The targets of pool training that fit are bound to it now "
                "and scaled out at 2026-05-04 11:30 UTC = Mon 04 May 13:30 CEST."
            ),
            next_step=(
                "See that a target of the pool is free by then: the tag capacity-blocks:bound-to on it names the block."
            ),
            reservation_id="cr-0a",
        ),
        facts=(),
    )


def test_a_payment_that_failed_in_part_is_critical() -> None:
    lost = a_reservation(reservation_id="cr-0b", state=ReservationState.PAYMENT_FAILED)
    intent = replace(in_state(IntentState.PAID), reservation_ids=("cr-0a", "cr-0b"))
    notice = notices.paid(intent=intent, reservations=(a_reservation(), lost), book=a_book(), execution=EXECUTION)

    assert notice == expected(
        "paid",
        severity=Severity.CRITICAL,
        title=f"Paid in part: $42,000 for {WHAT}",
        text=(
            "EC2 has taken the fee: cr-0a is scheduled, cr-0b is payment-failed. The targets of pool training that fit "
            "are bound to it now and scaled out at 2026-05-04 11:30 UTC.\n\n"
            "The payment of cr-0b failed, and EC2 does not deliver it. The whole $42,000 stays counted in the budget, "
            "as EC2 does not say how much of it was charged."
        ),
        next_step=f"{METHOD} See whether what is left is of use, and ask AWS Support what was charged.",
        facts=(*BY_ALICE, ("Reservations", "cr-0a, cr-0b"), ("Budget", "$0 spent and $0 reserved in 2026-04")),
    )


def test_a_failed_payment_ends_the_request() -> None:
    notice = notices.payment_failed(intent=in_state(IntentState.PAYMENT_FAILED), failed=("cr-0a",), execution=EXECUTION)

    assert notice == expected(
        "payment-failed",
        severity=Severity.CRITICAL,
        title=f"Payment failed: $42,000 for {WHAT}",
        text=(
            "EC2 could not take the fee of cr-0a and does not deliver it. The $42,000 is free again in the budget. The "
            "request is over: it does not buy again by itself."
        ),
        next_step=f"{METHOD} If it is still wanted, start a request with a new request_id.",
        reservation_id="cr-0a",
    )


def test_an_overdue_payment_is_a_persons_matter() -> None:
    notice = notices.payment_overdue(intent=in_state(IntentState.PAYMENT_PENDING), deadline=UNTIL, execution=EXECUTION)

    assert notice == expected(
        "payment-overdue",
        severity=Severity.CRITICAL,
        title=f"Payment overdue: $42,000 for {WHAT}",
        text=(
            "EC2 had until 2026-04-20 21:00 UTC to take the fee, and says neither that it is paid nor that the payment "
            "failed. cr-0a is looked at further; the money stays reserved."
        ),
        next_step=f"{METHOD} Then open a support case with EC2 and name the reservation.",
        reservation_id="cr-0a",
        facts=(*BY_ALICE, ("Paid before", "2026-04-20 21:00 UTC")),
    )
