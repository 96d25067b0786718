"""What a reminder says: whole texts, and what each of them leaves out when it is not known."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.notice import Notice, Severity, Tone
from capacity_blocks.core.passage import passages
from capacity_blocks.core.pool import Extension
from capacity_blocks.core.purchase.budget import Book, Entry
from capacity_blocks.core.reminder.choice import choices
from capacity_blocks.core.reminder.found import Found, Want
from capacity_blocks.core.reminder.notice import reminder
from capacity_blocks.core.reminder.offer import OfferKind
from capacity_blocks.core.reminder.outlook import Outlook
from capacity_blocks.core.reminder.phrase import ahead, offered, span
from capacity_blocks.core.reminder.succession import Follower, Succession
from capacity_blocks.core.reminder.usage import Usage, average
from capacity_blocks.core.renewal.settings import RenewalMode, RenewalSettings
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.core.slack import wish
from tests.unit.core.purchase.shapes import some_settings
from tests.unit.core.reminder.shapes import (
    DAY,
    END,
    FEE,
    HOUR,
    MINUTE,
    NOW,
    a_block,
    a_new_block,
    an_extension,
    an_offer,
    an_outlook,
)

BUSY = Usage(instances=Decimal("97.2"), accelerators=Decimal(88))
OFFERS = (
    an_offer(an_extension()),
    an_offer(an_extension(7, FEE * 7)),
    an_offer(a_new_block(-HOUR, availability_zone="us-east-2b", fee=FEE * 2)),
)
BOOK = Book(
    pool="training", entries=(Entry(intent_id="i", amount=Decimal(40000), month="2026-06", until=END - 60 * DAY),)
)


def test_a_reminder_says_all_that_is_needed_to_decide() -> None:
    assert reminder(an_outlook(usage=BUSY, offers=OFFERS, book=BOOK)) == Notice(
        key="cr-0a:reminder:72h:20260615T1130Z",
        kind="reminder",
        severity=Severity.INFO,
        title="cr-0a ends in 3 days: 8 x p5.48xlarge of pool training",
        text=(
            "It ends at 2026-06-15 11:30 UTC. What runs in it is drained from 2026-06-15 10:50 UTC on.\n\n"
            "In use: 8 of 8 instances are in use now; 97.2 % of them were over the last day; its accelerators were "
            "88 % busy.\n\n"
            "Nothing of its type follows it in its pool.\n\n"
            "It can be extended until 2026-06-15 10:30 UTC. Bought before 2026-06-14 22:30 UTC, its payment has all "
            "the time that it may take.\n\n"
            "To extend it, as of 12 minutes ago:\n"
            "- 1 day for $6,080, $3.96 per usable GPU-hour: until 2026-06-16 11:30 UTC, no gap\n"
            "- 7 days for $42,560, $3.96 per usable GPU-hour: until 2026-06-22 11:30 UTC, no gap\n\n"
            "New blocks, as of 12 minutes ago:\n"
            "- 1 day for $12,160, $8.09 per usable GPU-hour: from 2026-06-15 10:30 UTC, an overlap of 60 minutes, in "
            "us-east-2b, a move\n\n"
            "Recommended: extend it by 1 day, the least fee for a usable hour without a gap."
        ),
        next_step="Extend it, or buy a block that follows; or nothing, to let it end.",
        pool="training",
        region="us-east-2",
        reservation_id="cr-0a",
        facts=(
            ("Ends", "2026-06-15 11:30 UTC"),
            ("Extend until", "2026-06-15 10:30 UTC"),
            ("Budget left", "$60,000"),
            ("Used", "97.2 % over the last day"),
        ),
        choices=tuple(choices(an_outlook(offers=OFFERS, book=BOOK))),
    )


def text(**changes: Any) -> str:
    return reminder(an_outlook(**changes)).text


def test_a_block_that_is_hardly_used_is_not_recommended_and_says_why() -> None:
    usage = Usage(instances=Decimal("3.1"), accelerators=Decimal(80))
    outlook = an_outlook(block=a_block(available_count=7), usage=usage, offers=OFFERS)
    notice = reminder(outlook)

    assert (
        "It is hardly used (3.1 % of its instances in use; the limit is 20 %): extending it is not recommended."
        in notice.text
    )
    assert "Recommended" not in notice.text
    assert notice.next_step == "Nothing, to let it end; or give it work."
    assert {each.tone for each in notice.choices} == {Tone.PLAIN}


def test_a_block_that_is_in_full_use_now_is_not_idle() -> None:
    said = text(usage=Usage(instances=Decimal("3.1"), accelerators=Decimal(80)), offers=OFFERS)

    assert "8 of 8 instances are in use now; 3.1 % of them were over the last day" in said
    assert "hardly used" not in said
    assert "Recommended: extend it by 1 day" in said


def test_full_instances_whose_accelerators_rest_are_hardly_used_too() -> None:
    said = text(usage=Usage(instances=Decimal(100), accelerators=Decimal("0.4")), offers=OFFERS)

    assert "It is hardly used (0.4 % accelerators busy; the limit is 20 %)" in said


@pytest.mark.parametrize("usage", [Usage(), Usage(trouble="CloudWatch did not answer: AccessDenied")])
def test_what_is_not_known_is_never_idle(usage: Usage) -> None:
    said = text(usage=usage, offers=OFFERS)

    assert "hardly used" not in said
    assert "Recommended: extend it by 1 day" in said
    why = f": {usage.trouble}" if usage.trouble else ""
    assert f"how much it was used is not known{why}." in said


def test_the_limit_itself_is_not_idle() -> None:
    assert not Usage(instances=Decimal(20)).is_idle(20)
    assert Usage(instances=Decimal("19.9")).is_idle(20)
    assert not Usage(instances=Decimal(0)).is_idle(0)


def test_too_few_values_say_nothing() -> None:
    assert average([0.0] * 11, HOUR) is None
    assert average([0.0] * 12, HOUR) == 0
    assert average([100.0] * 11 + [50.0], HOUR) == Decimal("95.8")


def test_values_of_a_part_of_the_time_say_nothing_of_all_of_it() -> None:
    assert average([0.0] * 12, DAY) is None
    assert average([0.0] * 215, DAY) is None
    assert average([0.0] * 216, DAY) == 0


EXTENSIONS = [Want(reservation_id="cr-0a", end=END, kind=OfferKind.EXTENSION, duration=days * DAY) for days in (1, 7)]
NEW_BLOCKS = [replace(each, kind=OfferKind.NEW_BLOCK) for each in EXTENSIONS]


def looks(*wants: Want, **changes: Any) -> tuple[Found, ...]:
    return tuple(Found(want=each, at=NOW - 2 * HOUR, **changes) for each in wants)


def test_offers_that_were_not_looked_up_yet_are_not_waited_for() -> None:
    said = text(found=())

    assert "Extensions were not looked up yet." in said
    assert "New blocks were not looked up yet." in said
    assert "on sale" not in said


def test_what_was_not_on_sale_says_of_what_and_when() -> None:
    said = text(found=looks(*EXTENSIONS, *NEW_BLOCKS))

    assert "No extension of 1 day or 7 days was on sale, as of 2 hours ago." in said
    assert "No new block of 1 day or 7 days was on sale around its end, as of 2 hours ago." in said


def test_a_look_that_failed_is_never_nothing_on_sale() -> None:
    said = text(found=looks(*EXTENSIONS, *NEW_BLOCKS, trouble="EC2 said no"))

    assert "on sale" not in said
    assert "- extensions not looked up: EC2 said no\n- new blocks not looked up: EC2 said no" in said


def test_what_one_look_found_says_nothing_of_what_another_did_not() -> None:
    said = text(found=(*looks(EXTENSIONS[0]), *looks(EXTENSIONS[1], trouble="EC2 said no")))

    assert "No extension of 1 day was on sale, as of 2 hours ago." in said
    assert "- extensions not looked up: EC2 said no" in said
    assert "New blocks were not looked up yet." in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ultraserver": True}, "which UltraServer, if any, it is of"),
        ({"ultraserver": None}, "which UltraServer, if any, it is of"),
        ({"instance_count": 0}, "how large it is"),
    ],
)
def test_new_blocks_are_not_looked_up_where_it_is_not_known_what_to_ask_for(changes: dict[str, Any], why: str) -> None:
    said = text(block=a_block(**changes), found=looks(*EXTENSIONS))

    assert f"New blocks are not looked up: it is not known {why}." in said
    assert "new block of" not in said


def test_a_new_block_that_begins_too_soon_to_be_bought_is_not_offered() -> None:
    soon = an_offer(a_new_block(-2 * HOUR))
    start = END - 2 * HOUR

    assert [each.label for each in reminder(an_outlook(now=start - 11 * MINUTE, offers=(soon,))).choices]
    late = reminder(an_outlook(now=start - 10 * MINUTE, offers=(soon,)))
    assert late.choices == ()
    assert "Recommended" not in late.text
    assert "No new block of 1 day was on sale around its end that can still be bought, as of " in late.text


def test_a_block_that_is_as_long_as_can_be_is_not_said_to_be_extended() -> None:
    renewal = RenewalSettings(mode=RenewalMode.EXTEND, duration=7 * DAY, most_fee=Decimal(50000))
    notice = reminder(an_outlook(block=a_block(start=END - 182 * DAY), renewal=renewal, found=()))

    assert "It cannot be extended: a block lasts 182 days at most." in notice.text
    assert "can be extended until" not in notice.text
    assert "Extensions were not looked up" not in notice.text
    assert "without a question" not in notice.text
    assert "Extend until" not in dict(notice.facts)
    assert notice.next_step == "Buy a block that follows; or nothing, to let it end."


def test_a_new_block_that_starts_as_it_ends_says_for_how_long_nothing_is_there() -> None:
    said = text(offers=(an_offer(a_new_block()), an_offer(a_new_block(-HOUR, days=7))))

    assert "from 2026-06-15 11:30 UTC, as it ends; from the drain on nothing is there for 40 minutes, in the" in said
    assert "from 2026-06-15 10:30 UTC, an overlap of 60 minutes, in the same zone" in said


def test_whether_an_extension_is_being_paid_may_not_be_known() -> None:
    said = text(paying_trouble="EC2 said no", offers=OFFERS)

    assert "Whether an extension is being paid is not known: EC2 said no." in said
    assert "It can be extended until" in said


def test_an_extension_that_is_being_paid_is_said_and_nothing_else_offered() -> None:
    paying = Extension(reservation_id="cr-0a", end=END + DAY)
    notice = reminder(an_outlook(paying=paying, offers=OFFERS[:2]))

    assert "An extension to 2026-06-16 11:30 UTC is being paid; until then the old end stands." in notice.text
    assert notice.choices == ()
    assert "Recommended" not in notice.text
    assert notice.next_step == "Wait for the payment; if it fails, there is a notice."


def follower(gap: timedelta, **changes: Any) -> Follower:
    block = a_block(reservation_id="cr-0b", start=END + gap, end=END + gap + DAY, **changes)
    return Follower(block=block, instances=8, gap=gap)


def test_a_gap_before_what_follows_is_said() -> None:
    said = text(succession=Succession(followers=(follower(2 * HOUR),)))

    assert (
        "cr-0b (8 x p5.48xlarge) starts at 2026-06-15 13:30 UTC, a gap of 120 minutes. From the drain until then "
        "there is nothing in its place, for 2 hours 40 minutes." in said
    )


def test_what_follows_and_does_not_say_how_large_it_is_is_said() -> None:
    unknown = replace(follower(-HOUR, instance_count=0), instances=None)

    assert (
        "cr-0b (p5.48xlarge, how many is not known) starts at 2026-06-15 10:30 UTC, an overlap of 60 minutes."
        in text(succession=Succession(followers=(unknown,)))
    )


def test_what_follows_but_is_not_paid_is_said() -> None:
    unpaid = follower(-HOUR, state=ReservationState.PAYMENT_PENDING)

    assert (
        "cr-0b (8 x p5.48xlarge), which is not paid yet, starts at 2026-06-15 10:30 UTC, an overlap of 60 minutes."
        in text(succession=Succession(followers=(unpaid,)))
    )


def test_what_the_pool_cannot_pay_says_so_and_is_no_choice() -> None:
    settings = some_settings(most_per_purchase=Decimal(6000), monthly_budget=Decimal(6000))
    outlook = an_outlook(offers=OFFERS[:1], money=settings, book=Book(pool="training"))

    assert "no gap; more than the $6,000 of one purchase; over the pool's budget" in reminder(outlook).text
    assert list(choices(outlook)) == []


def test_a_pool_that_may_buy_nothing_has_no_choices() -> None:
    outlook = an_outlook(offers=OFFERS, money=None)

    assert "the pool's settings allow no purchases" in reminder(outlook).text
    assert list(choices(outlook)) == []


def test_a_block_that_nobody_claims_is_reminded_of_and_has_no_choices() -> None:
    notice = reminder(an_outlook(pool=None, offers=OFFERS))

    assert notice.title == "cr-0a ends in 3 days: 8 x p5.48xlarge"
    assert notice.choices == ()


def test_only_its_owner_can_extend_a_block() -> None:
    assert "Only the account that owns it can extend it." in text(block=a_block(owned=False), offers=())


def test_once_it_is_too_late_to_extend_nothing_says_that_one_can() -> None:
    offers = (*OFFERS[:2], an_offer(a_new_block(fee=FEE * 2)))
    notice = reminder(an_outlook(now=END - HOUR + MINUTE, lead=HOUR, offers=offers))

    assert "It cannot be extended any more." in notice.text
    assert "To extend it" not in notice.text
    assert [each.label for each in notice.choices] == ["New block, 1 day: $12,160"]
    assert notice.severity is Severity.WARNING


def test_a_renewal_without_a_question_is_announced() -> None:
    renewal = RenewalSettings(mode=RenewalMode.EXTEND, duration=7 * DAY, most_fee=Decimal(50000))

    assert (
        "From 2026-06-14 11:30 UTC on it is extended without a question, for 168 hours and at most $50,000, if at "
        "least 50 % of it is known to be in use." in text(renewal=renewal)
    )


# Choices


def test_there_is_a_choice_for_each_way_on_and_what_is_recommended_is_marked() -> None:
    found = list(choices(an_outlook(offers=OFFERS)))

    assert [(each.label, each.tone) for each in found] == [
        ("Extend 1 day: $6,080", Tone.GOOD),
        ("Extend 7 days: $42,560", Tone.PLAIN),
        ("New block, 1 day: $12,160", Tone.PLAIN),
    ]
    assert found[0].confirm == (
        "Extend cr-0a to 2026-06-16 11:30 UTC for at most $6,080? It is looked up anew, and bought only once it is "
        "approved."
    )


def test_a_click_on_a_choice_is_understood_when_it_comes_back() -> None:
    found = [wish.read(dict(each.value)) for each in choices(an_outlook(offers=OFFERS))]

    assert found[0] == wish.Extension(
        reservation_id="cr-0a", region="us-east-2", pool="training", duration=DAY, most_fee="6080", end=END
    )
    assert isinstance(found[2], wish.Successor)
    assert found[2] == wish.Successor(
        reservation_id="cr-0a",
        region="us-east-2",
        pool="training",
        end=END,
        start=END - HOUR,
        until=END + 23 * HOUR,
        most_fee="12160",
    )


def test_however_many_tags_a_block_has_each_choice_fits_a_button() -> None:
    block = a_block(tags={f"key-{number}": "v" * 250 for number in range(40)})
    found = list(choices(an_outlook(block=block, offers=OFFERS)))

    assert len(found) == 3
    assert all(len(json.dumps(dict(each.value))) < 500 for each in found)


def test_without_buttons_there_is_a_command_for_what_is_recommended() -> None:
    machines = {"extension_machine": "arn:extend", "purchase_machine": "arn:buy"}
    told = reminder(an_outlook(offers=OFFERS, **machines)).text

    assert told.endswith(
        "To extend it by 1 day without a button, which asks the pool's approvers:\n"
        "aws stepfunctions start-execution --state-machine-arn arn:extend \\\n  --input "
        '\'{"extend": {"reservation_id": "cr-0a", "region": "us-east-2", "hours": 24, "why": "a person asked for it", '
        '"automatic": false, "most_fee": "6080", "end": "2026-06-15T11:30:00Z"}}\''
    )
    assert passages(told)[-1].is_command


# Words

SPANS = {
    timedelta(0): "less than a minute",
    MINUTE: "1 minute",
    2 * HOUR: "2 hours",
    DAY + HOUR: "1 day 1 hour",
    2 * DAY + 5 * MINUTE: "2 days",
    3 * DAY + 4 * HOUR + 5 * MINUTE: "3 days 4 hours",
}


def test_a_span_is_said_in_its_two_largest_units() -> None:
    assert {each: span(each) for each in SPANS} == SPANS


def test_a_reminder_that_comes_a_little_late_still_names_its_rung() -> None:
    assert ahead(3 * DAY - 4 * MINUTE) == "3 days"
    assert ahead(3 * DAY - 5 * MINUTE) == "2 days 23 hours"


def test_gaps_and_overlaps_are_said_in_minutes() -> None:
    assert [offered(gap) for gap in (timedelta(0), MINUTE, DAY, -MINUTE)] == [
        "as it ends",
        "a gap of 1 minute",
        "a gap of 1,440 minutes",
        "an overlap of 1 minute",
    ]


def test_the_budget_that_is_left_is_the_stricter_of_two() -> None:
    def left(**changes: Any) -> Decimal | None:
        outlook: Outlook = an_outlook(**changes)
        return outlook.budget_left

    held = Book(pool="training", entries=tuple(replace(e, until=END) for e in BOOK.entries))
    assert left(book=BOOK) == 60000
    assert left(book=held, money=some_settings(most_per_pool=Decimal(50000))) == 10000
    assert left(book=None) is None
    assert left(book=BOOK, money=None) is None
