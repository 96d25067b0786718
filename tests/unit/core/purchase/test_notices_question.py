from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.notice import Choice, Notice, Severity, Tone
from capacity_blocks.core.purchase import notices
from tests.unit.core.purchase.intents import a_book, an_intent, some_terms
from tests.unit.core.purchase.notice_values import BERLIN, EXECUTION, HASH, ID, WHAT, expected
from tests.unit.core.purchase.shapes import ALICE, BOB, a_segment, an_offering, some_settings

URL = "https://abc.lambda-url.us-east-2.on.aws/"
SSO = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Leads_0123456789abcdef"
CAROL = "arn:aws:iam::123456789012:user/carol"

TEXT = f"""\
Pool training would buy {WHAT}, until 2026-05-11 11:30 UTC; 167.5 of the hours can be used. It costs $42,000, which is \
$3.918 per usable GPU-hour. EC2 charges the fee at once; a block can neither be cancelled nor given back.

Why this one: it is the cheapest.

- the quota of P instances is 0

One of these must approve it before 2026-04-20 20:00 UTC; one no is enough to reject it:
- {ALICE}
- {BOB}

To answer, take your own AWS credentials (the URL has to know who you are), in a shell:

eval "$(aws configure export-credentials --format env)"

To approve:
curl --aws-sigv4 "aws:amz:us-east-2:lambda" \\
  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  ${{AWS_SESSION_TOKEN:+"-Hx-amz-security-token: $AWS_SESSION_TOKEN"}} \\
  -H "content-type: application/json" \\
  -d '{{"intent_id": "{ID}", "terms": "{HASH}", "decision": "approve"}}' \\
  {URL}

To reject:
curl --aws-sigv4 "aws:amz:us-east-2:lambda" \\
  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  ${{AWS_SESSION_TOKEN:+"-Hx-amz-security-token: $AWS_SESSION_TOKEN"}} \\
  -H "content-type: application/json" \\
  -d '{{"intent_id": "{ID}", "terms": "{HASH}", "decision": "reject"}}' \\
  {URL}

With a curl older than 7.88, or without one: the same through awscurl, which finds your credentials itself.

To approve:
awscurl --region us-east-2 --service lambda -X POST \\
  -d '{{"intent_id": "{ID}", "terms": "{HASH}", "decision": "approve"}}' \\
  {URL}

To reject:
awscurl --region us-east-2 --service lambda -X POST \\
  -d '{{"intent_id": "{ID}", "terms": "{HASH}", "decision": "reject"}}' \\
  {URL}

A test event in the Lambda console cannot answer: it does not say who sent it.

Nothing is bought before that. Right before the purchase it is looked up again: gone or dearer means a new question. \
Without an answer in time nothing is bought, and the money reserved for it is free again."""


def asked(**changes: Any) -> Notice:
    given: dict[str, Any] = {
        "intent": an_intent(),
        "settings": some_settings(),
        "url": URL,
        "console_function": "decide-in-console",
        "why": "it is the cheapest",
        "execution": EXECUTION,
    }
    return notices.asked(**(given | changes))


def test_a_question_says_what_for_how_much_who_until_when_and_how() -> None:
    intent = an_intent()

    assert asked(book=a_book(intent), warnings=("the quota of P instances is 0",)) == expected(
        "asked",
        severity=Severity.WARNING,
        title=f"To approve: $42,000 for {WHAT}",
        text=TEXT,
        next_step="Approve or reject it before 2026-04-20 20:00 UTC.",
        facts=(
            ("Approve before", "2026-04-20 20:00 UTC"),
            ("Budget", "$0 spent and $42,000 reserved in 2026-04, $58,000 of $100,000 left"),
        ),
        choices=(
            Choice(
                label="Approve $42,000",
                value=(("intent_id", ID), ("terms", HASH), ("decision", "approve")),
                tone=Tone.GOOD,
                confirm="Spend $42,000? A block can neither be cancelled nor given back.",
            ),
            Choice(
                label="Reject",
                value=(("intent_id", ID), ("terms", HASH), ("decision", "reject")),
                tone=Tone.DANGER,
            ),
        ),
    )


def test_a_question_that_nobody_can_answer_offers_no_buttons() -> None:
    assert asked(settings=some_settings(approvers=())).choices == ()


def test_a_question_is_shown_in_the_readers_time_zone_too() -> None:
    notice = asked(time_zone=BERLIN)

    assert notice.next_step == "Approve or reject it before 2026-04-20 20:00 UTC = Mon 20 Apr 22:00 CEST."
    assert dict(notice.facts)["Start"] == "2026-05-04 11:30 UTC = Mon 04 May 13:30 CEST"
    assert dict(notice.facts)["End"] == "2026-05-11 11:30 UTC = Mon 11 May 13:30 CEST"


def test_above_the_second_limit_two_different_people_are_asked() -> None:
    approvers = ((ALICE,), (CAROL, BOB))
    notice = asked(settings=some_settings(two_approvers_above=Decimal(41999), approvers=approvers))

    assert notice.severity is Severity.WARNING
    assert (
        "Two different people of these must approve it before 2026-04-20 20:00 UTC; one no is enough to reject it:\n"
        f"- {ALICE}\n"
        f"- {CAROL} or {BOB}\n"
    ) in notice.text


def test_a_role_of_identity_center_stands_for_whoever_signs_in_with_it() -> None:
    notice = asked(settings=some_settings(two_approvers_above=Decimal(41999), approvers=((SSO,),)))

    assert notice.severity is Severity.WARNING
    assert f"- {SSO} (each person who signs in with it)\n" in notice.text


CONSOLE = f"""\
Or in the console, as fees up to $42,000 are open to whoever may test functions there: \
https://us-east-2.console.aws.amazon.com/lambda/home?region=us-east-2#/functions/decide-in-console?tab=testing

Event to approve:
{{"intent_id": "{ID}", "terms": "{HASH}", "decision": "approve"}}

Event to reject:
{{"intent_id": "{ID}", "terms": "{HASH}", "decision": "reject"}}
"""


@pytest.mark.parametrize(
    ("up_to", "told", "not_told"),
    [
        ("42000", CONSOLE, "cannot answer"),
        (
            "41999.99",
            "cannot answer: it does not say who sent it, and serves up to $41,999.99 only.",
            "Event to approve",
        ),
    ],
)
def test_the_console_is_offered_only_where_it_counts(up_to: str, told: str, not_told: str) -> None:
    text = asked(settings=some_settings(console_approval_up_to=Decimal(up_to))).text

    assert told in text
    assert not_told not in text


@pytest.mark.parametrize(
    ("changes", "why", "wanted"),
    [
        ({"settings": some_settings(approvers=())}, "Nobody is listed who may approve", "one is enough"),
        (
            {
                "settings": some_settings(two_approvers_above=Decimal(41999))
            },  # Slack is no door where its buttons are not heard
            "$42,000 takes 2 people, and 1 can answer",
            "two have to be there",
        ),
        ({"url": ""}, "$42,000 takes 1 person, and 0 can answer", "one is enough"),
        ({"settings": None}, "The pool has no settings for money, so nobody can approve", "one is enough"),
    ],
    ids=["nobody", "one of two", "no door", "no settings"],
)
def test_a_question_that_nobody_can_answer_says_so_first(changes: dict[str, Any], why: str, wanted: str) -> None:
    notice = asked(**changes)

    assert (notice.severity, notice.title) == (Severity.CRITICAL, f"Nobody can approve $42,000 for {WHAT}")
    assert notice.text.startswith(f"{why}: it cannot be bought as the pool's settings stand.\n\nPool training would")
    assert notice.next_step == (
        'Add people to "approvers": ["arn:aws:iam::<account>:user/<name>"] in the section money of the settings of '
        f"pool training; {wanted} for this fee. Then: approve or reject it before 2026-04-20 20:00 UTC."
    )


def test_in_slack_two_people_can_answer_by_its_buttons() -> None:
    notice = asked(settings=some_settings(two_approvers_above=Decimal(41999)), slack=True)

    assert notice.severity is Severity.WARNING
    assert "\n\nIn Slack its buttons answer, for those who are listed as slack:<team>/<user>.\n\n" in notice.text


def test_slack_is_no_door_for_those_whom_nobody_has_listed_there() -> None:
    notice = asked(settings=some_settings(approvers=((ALICE,),)), slack=True)

    assert "In Slack" not in notice.text
    assert asked(settings=some_settings(approvers=((BOB,),)), slack=False).severity is Severity.CRITICAL
    assert asked(settings=some_settings(approvers=((BOB,),)), slack=True, url="").severity is Severity.WARNING


def test_nobody_listed_is_no_matter_where_the_console_may_answer() -> None:
    notice = asked(settings=some_settings(approvers=(), console_approval_up_to=Decimal(42000)))

    assert notice.severity is Severity.WARNING


def test_each_segment_is_shown_with_its_place_and_time() -> None:
    parts = tuple(a_segment(availability_zone=zone, instance_count=4) for zone in ("us-east-2a", "us-east-2b"))
    notice = asked(intent=replace(an_intent(), terms=some_terms(an_offering(segments=parts))))

    facts = dict(notice.facts)
    assert facts["What"] == "4 x p5.48xlarge + 4 x p5.48xlarge"
    assert facts["Segment 1"] == "4 x p5.48xlarge in us-east-2a, 2026-05-04 11:30 UTC to 2026-05-11 11:30 UTC"
    assert facts["Segment 2"] == "4 x p5.48xlarge in us-east-2b, 2026-05-04 11:30 UTC to 2026-05-11 11:30 UTC"


def test_without_a_door_no_command_is_offered() -> None:
    assert "curl" not in asked(url="").text
