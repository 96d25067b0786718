from datetime import timedelta
from decimal import Decimal

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.guard import Guard, Violation
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.request import Instances, UltraServers
from tests.factories import at
from tests.unit.core.purchase.intents import a_book, an_intent, some_terms
from tests.unit.core.purchase.notice_values import EXECUTION, TERMS, WHAT, expected_of_request
from tests.unit.core.purchase.shapes import ALICE, BOB, NOW, a_request, some_settings

SHORT = "8 x p5.48xlarge for 168 hours"
WISH = f"{SHORT} for pool training, between 2026-05-01 00:00 UTC and 2026-05-16 00:00 UTC, for at most $60,000"
ANOTHER = "If it is still wanted, start a request with a new request_id."
OFF = Violation(guard=Guard.SPENDING_OFF, reason="spending is not switched on")
BUDGET = Violation(guard=Guard.BUDGET, reason="$42,000 more is over the pool's monthly budget of $30,000")
KEEPS_LOOKING = a_request(look_until=at("2026-05-03T00:00"))


@pytest.mark.parametrize(
    ("looks_again", "sequel", "next_step"),
    [
        (
            True,
            "The request goes on: it searches again, and asks anew about what it finds.",
            "Mend what is named; the next search takes it up.",
        ),
        (False, "The request is over.", f"Mend what is named. {ANOTHER}"),
    ],
)
def test_what_may_not_be_asked_for_is_told_with_its_reasons(looks_again: bool, sequel: str, next_step: str) -> None:
    notice = notices.unasked(
        request=a_request(),
        terms=some_terms(),
        violations=(OFF, BUDGET),
        looks_again=looks_again,
        execution=EXECUTION,
    )

    assert notice == expected_of_request(
        "unasked",
        key=notice.key.removeprefix("may-training:unasked"),
        severity=Severity.WARNING,
        title=f"Found but not asked for: $42,000 for {WHAT}",
        text=(
            "Nobody was asked for approval, because:\n- spending is not switched on\n"
            "- $42,000 more is over the pool's monthly budget of $30,000\n\n"
            f"Nothing was bought or reserved. {sequel}"
        ),
        next_step=next_step,
        region="us-east-2",
        facts=TERMS,
    )


def test_the_same_guards_are_told_once_whatever_the_amounts() -> None:
    def key(*violations: Violation) -> str:
        request, terms = a_request(), some_terms()
        return notices.unasked(
            request=request, terms=terms, violations=violations, looks_again=True, execution=EXECUTION
        ).key

    dearer = Violation(guard=Guard.BUDGET, reason="$43,000 more is over it")
    assert key(OFF, BUDGET) == key(dearer, OFF)
    assert key(OFF, BUDGET) != key(OFF)


def test_one_search_that_found_nothing_says_what_was_wanted_and_how_to_widen_it() -> None:
    notice = notices.nothing_on_sale(
        request=a_request(), table="Nothing is on sale.\n", warnings=("a quota is 0",), execution=EXECUTION
    )

    assert notice == expected_of_request(
        "nothing-on-sale",
        severity=Severity.WARNING,
        title=f"Nothing to buy for may-training: {SHORT}",
        text=(
            f"Wanted: {WISH}. The search found nothing that the request and the pool's settings allow:\n\n"
            "Nothing is on sale.\n\n- a quota is 0\n\nNothing was bought or reserved. The request is over."
        ),
        next_step=(
            "Widen the request (more types, zones, dates, a higher fee), or give it look_until to keep looking; then "
            "start it with a new request_id."
        ),
    )


def test_a_request_that_keeps_looking_says_daily_how_it_stands() -> None:
    notice = notices.standing(
        request=KEEPS_LOOKING,
        now=NOW,
        table="Nothing is on sale.\n",
        looks=3,
        search_again_at=at("2026-04-20T09:07"),
        execution=EXECUTION,
    )

    assert notice == expected_of_request(
        "standing",
        key=":20260420",
        severity=Severity.INFO,
        title=f"Still looking for may-training: {SHORT}",
        text=(
            f"Wanted: {WISH}. It was searched for 3 times so far, and nothing was bought. The last search found:\n\n"
            "Nothing is on sale.\n\n"
            "It looks until 2026-05-03 00:00 UTC. The next search is at 2026-04-20 09:07 UTC."
        ),
        next_step="Nothing to do. To give up, stop the execution in the console.",
        facts=(("Searches", "3"), ("Looks until", "2026-05-03 00:00 UTC")),
    )


def test_the_daily_word_names_what_forbids_to_ask() -> None:
    notice = notices.standing(request=KEEPS_LOOKING, now=NOW, table="T", violations=(OFF,), execution=EXECUTION)

    assert (
        "\n\nT\n\nSomething is on sale, and these forbid to ask for it:\n- spending is not switched on\n\n"
        in notice.text
    )
    assert notice.next_step == "Mend what forbids it. To give up, stop the execution in the console."


@pytest.mark.parametrize(
    ("now", "key"), [("2026-04-20T23:59", "20260420"), ("2026-04-21T00:00", "20260421")], ids=["before", "after"]
)
def test_the_daily_word_is_that_of_a_day_in_utc(now: str, key: str) -> None:
    notice = notices.standing(request=KEEPS_LOOKING, now=at(now), table="T", execution=EXECUTION)

    assert notice.key == f"may-training:standing:{key}"


def test_a_search_that_is_over_says_until_when_it_looked() -> None:
    notice = notices.search_over(request=KEEPS_LOOKING, looks=900, table="T\n", execution=EXECUTION)

    assert notice == expected_of_request(
        "search-over",
        severity=Severity.WARNING,
        title=f"Gave up looking for may-training: {SHORT}",
        text=(
            f"It looked until 2026-05-03 00:00 UTC after 900 searches for {WISH}. Nothing was bought, and nothing is "
            "reserved.\n\nThe last search found:\n\nT"
        ),
        next_step=ANOTHER,
    )


def test_nobody_looks_past_the_last_start_that_would_end_in_time() -> None:
    late = a_request(look_until=at("2026-06-01T00:00"))
    notice = notices.standing(request=late, now=NOW, table="T", execution=EXECUTION)

    assert dict(notice.facts)["Looks until"] == "2026-05-09 00:00 UTC"


def test_a_dry_run_shows_what_would_be_asked_and_of_whom() -> None:
    intent = an_intent()
    notice = notices.dry_run(
        request=a_request(dry_run=True),
        intent=intent,
        settings=some_settings(),
        why="it is the cheapest",
        table="T\n",
        warnings=("a quota is 0",),
        book=a_book(),
        execution=EXECUTION,
    )

    assert notice == expected_of_request(
        "dry-run",
        severity=Severity.INFO,
        title=f"Dry run, nothing bought: $42,000 for {WHAT}",
        text=(
            f"Wanted: {WISH}. The best on sale is {WHAT}, until 2026-05-11 11:30 UTC, for $42,000.\n\n"
            "Why this one: it is the cheapest.\n\n"
            f"One of these would have to approve it:\n- {ALICE}\n- {BOB}\n\n"
            "- a quota is 0\n\nT\n\n"
            "This was a dry run: nobody was asked, nothing was reserved or bought."
        ),
        next_step="To buy, start the request without dry_run, under a new request_id.",
        region="us-east-2",
        facts=(*TERMS, ("Budget", "$0 spent and $0 reserved in 2026-04, $100,000 of $100,000 left")),
    )


def test_a_dry_run_shows_what_would_forbid_it() -> None:
    notice = notices.dry_run(
        request=a_request(), intent=an_intent(), settings=some_settings(), violations=(OFF,), execution=EXECUTION
    )

    assert notice.title == f"Dry run, not allowed: $42,000 for {WHAT}"
    assert "\n\nThese would forbid it:\n- spending is not switched on\n\n" in notice.text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (None, "Nobody could approve it: the pool has no settings for money."),
        (some_settings(approvers=()), "Nobody could approve it: the pool's settings list no approvers."),
        (
            some_settings(no_approval_up_to=Decimal(42000)),
            "It would need no approval: the pool's settings let a fee of that size be spent unasked.",
        ),
        (
            some_settings(two_approvers_above=Decimal(41999)),
            f"Two different people of these would have to approve it:\n- {ALICE}\n- {BOB}",
        ),
    ],
)
def test_a_dry_run_says_who_would_have_to_approve(settings: MoneySettings | None, told: str) -> None:
    notice = notices.dry_run(request=a_request(), intent=an_intent(), settings=settings, execution=EXECUTION)

    assert f"\n\n{told}\n\n" in notice.text


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        (
            {"wanted": Instances(types=("p5.48xlarge", "p5e.48xlarge"), least=4, most=8)},
            "4 to 8 x p5.48xlarge or p5e.48xlarge for 168 hours",
        ),
        (
            {
                "wanted": UltraServers(type="u-p6e-gb200x72", count=2),
                "durations": (timedelta(days=1), timedelta(days=7)),
            },
            "2 x u-p6e-gb200x72 for 24 or 168 hours",
        ),
    ],
)
def test_what_is_wanted_fits_in_a_line(changes: dict[str, object], title: str) -> None:
    notice = notices.nothing_on_sale(request=a_request(**changes), table="", execution=EXECUTION)

    assert notice.title == f"Nothing to buy for may-training: {title}"


def test_a_request_without_a_first_instant_is_for_now() -> None:
    notice = notices.nothing_on_sale(request=a_request(earliest_start=None), table="", execution=EXECUTION)

    assert "between now and 2026-05-16 00:00 UTC" in notice.text


def test_a_quota_is_a_line_that_warns() -> None:
    line = notices.quota_line(
        region="us-east-2", instance_type="p5.48xlarge", wanted=8, name="Running P instances", code="L-1", value=0
    )

    assert line == (
        "the quota Running P instances (L-1) is 0 in us-east-2, and 8 p5.48xlarge are wanted: EC2 may show no "
        "offerings, or refuse the purchase; ask for more in the Service Quotas console"
    )


def test_a_request_that_tried_often_enough_is_over_and_says_so() -> None:
    notice = notices.tried_enough(request=a_request(), tries=10, execution=EXECUTION)

    assert (notice.key, notice.kind) == (f"{a_request().request_id}:tried-enough", "purchase-tried-enough")
    assert "10 offerings were tried" in notice.text
    assert "The request is over." in notice.text
