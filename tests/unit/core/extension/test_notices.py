"""What people are told of an extension: what is extended until when, for how much, and which end stands."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.extension import notices
from capacity_blocks.core.extension.request import ExtensionRequest
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import notices as purchase_notices
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import IntentState
from capacity_blocks.core.purchase.violation import Guard, Violation
from capacity_blocks.core.renewal.notice import renewed_by_settings
from tests.unit.core.extension.extending import (
    EXTENDED_NOW,
    NEW_END,
    an_approved_extension,
    an_extension,
    an_extension_in,
    an_extension_request,
)
from tests.unit.core.purchase.shapes import END, some_settings

S = IntentState
RUN: dict[str, Any] = {"execution": "arn:aws:states:us-east-2:123456789012:execution:ExtensionStateMachine:x"}
UNTIL = "$42,297.50 for extending cr-0a until 2026-05-18 11:30 UTC"
REQUEST = an_extension_request()
GUARDED = (Violation(guard=Guard.PENDING, reason="it is being extended"),)
OF_INTENT: dict[str, Callable[[], Notice]] = {
    "To approve: ": lambda: purchase_notices.asked(
        intent=an_extension(),
        settings=some_settings(),
        url="https://decide/",
        console_function="",
        why="",
        book=Book(pool="training"),
        **RUN,
    ),
    "Approved: ": lambda: purchase_notices.approved(intent=an_approved_extension(), **RUN),
    "Renewed without a question: ": lambda: renewed_by_settings(intent=an_extension(), why="used 83 %", **RUN),
    "Rejected: ": lambda: purchase_notices.rejected(intent=an_extension_in(S.REJECTED), looks_again=False, **RUN),
    "Not approved in time: ": lambda: purchase_notices.expired(
        intent=an_extension_in(S.CLOSED), looks_again=False, **RUN
    ),
    "Not bought: ": lambda: purchase_notices.not_bought(
        intent=an_extension_in(S.CLOSED), violations=GUARDED, looks_again=False, **RUN
    ),
    "Refused by EC2: ": lambda: purchase_notices.refused(
        intent=an_extension_in(S.REFUSED), words="no", looks_again=False, **RUN
    ),
    "Bought: ": lambda: notices.bought(intent=an_extension_in(S.BOUGHT), **RUN),
    "Not known whether bought: ": lambda: notices.unknown(
        intent=an_extension_in(S.UNKNOWN), looks_until=EXTENDED_NOW + timedelta(minutes=33), **RUN
    ),
    "Bought after all: ": lambda: notices.found(intent=an_extension_in(S.ADOPTED), **RUN),
    "Find out whether ": lambda: notices.not_found(intent=an_extension_in(S.NOT_FOUND), reason="nothing", **RUN),
    "Payment awaited: ": lambda: notices.payment_pending(intent=an_extension_in(S.PAYMENT_PENDING), **RUN),
    "Payment overdue: ": lambda: notices.payment_overdue(intent=an_extension_in(S.PAYMENT_PENDING), **RUN),
    "Payment failed: ": lambda: notices.payment_failed(intent=an_extension_in(S.PAYMENT_FAILED), **RUN),
    "Paid: ": lambda: notices.paid(intent=an_extension_in(S.PAID), end=NEW_END, **RUN),
}


@pytest.mark.parametrize("begins", OF_INTENT)
def test_a_notice_of_an_extension_names_the_block_its_new_end_and_the_fee(begins: str) -> None:
    notice = OF_INTENT[begins]()
    facts = dict(notice.facts)

    spent = "Find out whether $42,297.50 was spent for extending cr-0a until 2026-05-18 11:30 UTC"
    assert notice.title == (spent if "Find" in begins else f"{begins}{UNTIL}")
    assert (notice.kind.partition("-")[0], notice.pool, notice.reservation_id) == ("extension", "training", "cr-0a")
    assert (facts["Extends"], facts["Ends now"], facts["Ends then"]) == (
        "cr-0a",
        "2026-05-11 11:30 UTC",
        "2026-05-18 11:30 UTC",
    )
    assert (facts["Hours"], facts["Usable hours"], facts["Fee per usable GPU-hour"]) == ("168", "168", "$3.934")
    assert "new request_id" not in f"{notice.text} {notice.next_step}"
    assert (len(notice.title) <= 110, "Start" in facts) == (True, False)


def test_each_notice_of_an_intent_has_a_key_of_its_own() -> None:
    keys = [make().key for begins, make in OF_INTENT.items() if not begins.startswith("Renewed")]

    assert len(set(keys)) == len(keys)


def test_the_question_says_that_the_old_end_stands_until_it_is_paid() -> None:
    notice = OF_INTENT["To approve: "]()

    assert (
        "Pool training would extend cr-0a (8 x p5.48xlarge), which ends at 2026-05-11 11:30 UTC, by 168 hours until "
        "2026-05-18 11:30 UTC. It costs $42,297.50, which is $3.934 per usable GPU-hour. EC2 charges the fee at once, "
        "and more time can neither be cancelled nor given back. The end moves once the fee is paid, which takes up to "
        "12 hours; until then the old one stands."
    ) in notice.text
    assert [(choice.label, dict(choice.value)["decision"]) for choice in notice.choices] == [
        ("Approve $42,297.50", "approve"),
        ("Reject", "reject"),
    ]
    assert notice.choices[0].confirm == "Spend $42,297.50? More time can neither be cancelled nor given back."


def test_what_is_bought_is_not_called_ours_before_it_is_paid() -> None:
    assert OF_INTENT["Bought: "]().text == (
        "EC2 takes the fee within minutes to hours, before 2026-05-09 23:30 UTC. Until then 2026-05-11 11:30 UTC is "
        "still the end of the block, and a drain may begin before it; you are told when the end has moved, or if the "
        "payment fails."
    )


@pytest.mark.parametrize(
    ("end", "severity", "words"),
    [
        (NEW_END, Severity.INFO, "EC2 has taken the fee, and cr-0a ends at 2026-05-18 11:30 UTC now."),
        (END, Severity.CRITICAL, "EC2 has taken the fee, but lists cr-0a with 2026-05-11 11:30 UTC."),
        (None, Severity.CRITICAL, "EC2 has taken the fee, but lists cr-0a with no end any more."),
    ],
)
def test_a_paid_extension_says_where_ec2_lists_the_end(end: Any, severity: Severity, words: str) -> None:
    notice = notices.paid(intent=an_extension_in(S.PAID), end=end, **RUN)

    assert (notice.severity, notice.text.startswith(words)) == (severity, True)


def test_a_failed_payment_says_that_the_block_ends_as_before() -> None:
    notice = OF_INTENT["Payment failed: "]()

    assert (notice.severity, "cr-0a ends as before, at 2026-05-11 11:30 UTC" in notice.text) == (
        Severity.CRITICAL,
        True,
    )


def test_a_person_who_must_find_out_is_given_commands_for_extensions() -> None:
    text = OF_INTENT["Find out whether "]().text

    assert "describe-capacity-block-extension-history --region us-east-2" in text
    assert "AttributeValue=PurchaseCapacityBlockExtension" in text
    assert '"nothing_was_bought": true' in text


def test_nobody_is_asked_about_what_is_not_on_sale_or_forbidden() -> None:
    nothing = notices.unasked(request=REQUEST, **RUN)
    forbidden = notices.unasked(request=replace(REQUEST, why="asked for in Slack"), violations=GUARDED, **RUN)
    other = notices.unasked(request=REQUEST, found=("cbe-0a until ...",), **RUN)

    assert nothing.title == "No more time on sale: cr-0a by 168 hours"
    assert forbidden.title == "Not extended: cr-0a by 168 hours"
    assert "- it is being extended" in forbidden.text
    assert "beyond 2026-05-11 11:30 UTC (asked for in Slack)." in forbidden.text
    assert "- cbe-0a until ..." in other.text
    assert nothing.key == forbidden.key  # one word about each run


def test_who_gave_up_says_so_once() -> None:
    notice = notices.tried_enough(request=REQUEST, tries=30, **RUN)

    assert notice.title == "Gave up extending cr-0a beyond 2026-05-11 11:30 UTC"


def test_what_nobody_asked_for_says_each_reason_once_however_often_it_is_tried() -> None:
    asked, unasked = an_extension_request(), an_extension_request(automatic=True)
    other = (Violation(guard=Guard.PENDING, reason="another reason"),)

    def keys(request: ExtensionRequest) -> int:
        tries = [("run-1", GUARDED), ("run-2", GUARDED), ("run-3", other)]
        return len({notices.unasked(request=request, violations=v, execution=run).key for run, v in tries})

    assert (keys(asked), keys(unasked)) == (3, 2)
