from dataclasses import replace

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.guard import Guard, Violation
from capacity_blocks.core.purchase.intent import IntentState
from tests.factories import at
from tests.unit.core.purchase.intents import an_approved_intent
from tests.unit.core.purchase.notice_values import BY_ALICE, EXECUTION, HASH, ID, WHAT, expected, in_state

FREE = "Nothing was bought; the $42,000 reserved for it is free again."
GOES_ON = "The request goes on: it searches again, and asks anew about what it finds."
ANOTHER = "If it is still wanted, start a request with a new request_id."
GONE = Violation(guard=Guard.GONE, reason="cb-0a is no longer on sale")


@pytest.mark.parametrize(
    ("looks_again", "sequel", "next_step"),
    [
        (True, GOES_ON, "Look for the next question."),
        (False, "The request is over.", f"Mend what is named. {ANOTHER}"),
    ],
)
def test_what_a_guard_stopped_names_each_reason_once(looks_again: bool, sequel: str, next_step: str) -> None:
    notice = notices.not_bought(
        intent=an_approved_intent(),
        violations=(GONE, GONE, Violation(guard=Guard.KILLED, reason="the kill switch is pulled")),
        reason="EC2 refused a dry run",
        looks_again=looks_again,
        execution=EXECUTION,
    )

    assert notice == expected(
        "not-bought",
        severity=Severity.WARNING,
        title=f"Not bought: $42,000 for {WHAT}",
        text=(
            "It was stopped before EC2 was asked to sell it:\n- EC2 refused a dry run\n- cb-0a is no longer on sale\n"
            f"- the kill switch is pulled\n\n{FREE} {sequel}"
        ),
        next_step=next_step,
    )


def test_a_purchase_names_its_reservation_and_the_deadline_of_its_payment() -> None:
    assert notices.bought(intent=in_state(IntentState.BOUGHT), execution=EXECUTION) == expected(
        "bought",
        severity=Severity.INFO,
        title=f"Bought: $42,000 for {WHAT}",
        text=(
            "EC2 made the reservation cr-0a. It takes the fee within minutes to hours, before 2026-04-20 21:00 UTC; "
            "the block is ours once that is done, and you are told. Its tags are looked at next."
        ),
        reservation_id="cr-0a",
        facts=(*BY_ALICE, ("Paid before", "2026-04-20 21:00 UTC")),
    )


def test_a_purchase_of_several_reservations_names_them_all() -> None:
    intent = replace(in_state(IntentState.BOUGHT), reservation_ids=("cr-0a", "cr-0b"))

    assert notices.bought(intent=intent, execution=EXECUTION).text.startswith(
        "EC2 made 2 reservations: cr-0a, cr-0b. It takes"
    )


@pytest.mark.parametrize(
    ("looks_again", "sequel", "next_step"),
    [
        (
            True,
            GOES_ON,
            "Nothing to do, unless EC2 names a permission or a quota: then mend that before the next question.",
        ),
        (False, "The request is over.", f"Mend what EC2 names. {ANOTHER}"),
    ],
)
def test_a_refusal_is_told_in_ec2s_words(looks_again: bool, sequel: str, next_step: str) -> None:
    notice = notices.refused(
        intent=in_state(IntentState.REFUSED),
        words="InvalidCapacityBlockOfferingId.NotFound: cb-0a",
        looks_again=looks_again,
        execution=EXECUTION,
    )

    assert notice == expected(
        "refused",
        severity=Severity.WARNING,
        title=f"Refused by EC2: $42,000 for {WHAT}",
        text=f"EC2 says: InvalidCapacityBlockOfferingId.NotFound: cb-0a\n\n{FREE} {sequel}",
        next_step=next_step,
    )


@pytest.mark.parametrize(("error", "shown"), [("", ""), ("Read timeout", ": Read timeout")])
def test_an_unknown_outcome_warns_of_buying_by_hand(error: str, shown: str) -> None:
    notice = notices.unknown(
        intent=in_state(IntentState.UNKNOWN), looks_until=at("2026-04-20T09:34"), error=error, execution=EXECUTION
    )

    assert notice == expected(
        "unknown",
        severity=Severity.WARNING,
        title=f"Not known whether bought: $42,000 for {WHAT}",
        text=(
            f"EC2 was asked to sell it, and no clear answer came{shown}. The reservations of the account are looked at "
            "until 2026-04-20 09:34 UTC, as the answer may show up there late. Nothing is bought again for this "
            "request, and the money stays reserved."
        ),
        next_step=(
            "Do not buy it by hand: it may be bought already. You are told what was found by 2026-04-20 09:34 UTC."
        ),
        facts=(*BY_ALICE, ("Looked for until", "2026-04-20 09:34 UTC")),
    )


@pytest.mark.parametrize(
    ("remark", "severity", "more", "next_step"),
    [
        (None, Severity.INFO, "", "Nothing to do."),
        (
            "2 carry its tag and 1 were to be bought",
            Severity.WARNING,
            "\n\nTo be looked into: 2 carry its tag and 1 were to be bought.",
            "Compare cr-0a with the terms below.",
        ),
    ],
)
def test_what_was_found_is_taken_over(remark: str | None, severity: Severity, more: str, next_step: str) -> None:
    intent = in_state(IntentState.ADOPTED, "it carries the tag of the intent")

    assert notices.found(intent=intent, remark=remark, execution=EXECUTION) == expected(
        "found",
        severity=severity,
        title=f"Bought after all: $42,000 for {WHAT}",
        text=(
            "EC2 had given no clear answer, and its list of reservations now has cr-0a, taken for what was bought: it "
            f"carries the tag of the intent. Tags and payment come next, as for any purchase.{more}"
        ),
        next_step=next_step,
        reservation_id="cr-0a",
    )


def adopt(reservation_id: str) -> str:
    return (
        f"aws ec2 create-tags --region us-east-2 --resources {reservation_id} \\\n"
        f'  --tags \'[{{"Key": "capacity-blocks:intent", "Value": "{ID}"}}, '
        '{"Key": "capacity-blocks:pool", "Value": "training"}]\''
    )


def not_found_text(candidates: str, adopting: str, follow: str) -> str:
    return f"""\
EC2 was asked to sell it at 2026-04-20 09:00 UTC and gave no clear answer. All looks at the reservations of the \
account are over: a reason.

{candidates}To see for yourself, with credentials of this account (CloudTrail shows a call some 15 minutes after it; \
ours names the offering cb-0a and the tag {ID}):

aws ec2 describe-capacity-reservations --region us-east-2 --output table \\
  --filters Name=instance-type,Values=p5.48xlarge Name=availability-zone,Values=us-east-2a \\
  --query "CapacityReservations[?ReservationType=='capacity-block'].[CapacityReservationId,State,TotalInstanceCount,\
StartDate,EndDate,CreateDate,Tags[?Key=='capacity-blocks:intent'].Value|[0]]"

aws ec2 describe-capacity-blocks --region us-east-2 \\
  --filters Name=availability-zone,Values=us-east-2a

aws cloudtrail lookup-events --region us-east-2 \\
  --lookup-attributes AttributeKey=EventName,AttributeValue=PurchaseCapacityBlock \\
  --start-time 2026-04-20T08:55:00Z --end-time 2026-04-20T10:00:00Z

If a reservation is it, say so with these tags, on each of them where there are several. It is then taken over like \
any purchase:

{adopting}

If CloudTrail shows that EC2 refused the call, nothing was bought. If it shows no such call an hour later, most likely \
nothing was; AWS Support can tell, with the time and the offering.

Once you are sure of that, say so with this test event, in the Lambda console, to {follow}:

{{"intent": {{"request_id": "may-training", "number": 1, "intent_id": "{ID}"}}, "nothing_was_bought": true}}

Until you say either, $42,000 stays reserved in the pool's budget and this request buys nothing more. To buy in spite \
of that, start a request with a new request_id and may_overlap; both fees count then."""


FOLLOW = "https://us-east-2.console.aws.amazon.com/lambda/home?region=us-east-2#/functions/follow?tab=testing"


@pytest.mark.parametrize(
    ("candidates", "function", "text"),
    [
        ((), "", not_found_text("", adopt("cr-..."), "the FollowPurchaseFunction of the stack")),
        (
            ("cr-0a", "cr-0b"),
            "follow",
            not_found_text(
                "These may be it, or somebody else's:\n- cr-0a\n- cr-0b\n\n",
                f"{adopt('cr-0a')}\n\n{adopt('cr-0b')}",
                FOLLOW,
            ),
        ),
    ],
)
def test_what_nobody_found_is_handed_over_with_all_it_takes(
    candidates: tuple[str, ...], function: str, text: str
) -> None:
    notice = notices.not_found(
        intent=in_state(IntentState.NOT_FOUND),
        reason="a reason",
        candidates=candidates,
        follow_function=function,
        execution=EXECUTION,
    )

    assert HASH.startswith(ID[-16:])
    assert notice == expected(
        "not-found",
        severity=Severity.CRITICAL,
        title=f"Find out whether $42,000 was spent for {WHAT}",
        text=text,
        next_step="Run the commands above, and tag what was bought. Do not buy again before you know.",
        facts=(*BY_ALICE, ("Attempted", "2026-04-20 09:00 UTC")),
    )
