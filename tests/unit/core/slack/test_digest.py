"""Many notices as one message, and which are told by themselves all the same."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.notice import Choice, Severity
from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack.batch import FEW, MOST_QUESTIONS, Post, is_burst, posts, subjects
from capacity_blocks.core.slack.digest import message
from capacity_blocks.core.slack.route import Route, Routes
from tests.factories import a_notice
from tests.unit.core.slack.told import AT, refusals, told, words

STACK = Route(channel="C0STACK", mentions={Severity.CRITICAL: ("here",)}, time_zone=ZoneInfo("Europe/Berlin"))
ROUTES = Routes(default=STACK, by_pool={"other": Route(channel="C0OTHER", mentions={Severity.CRITICAL: ("U0LUCY",)})})
ASK = (Choice(label="Approve", value=(("decision", "approve"),)),)
SECOND = timedelta(seconds=1)


def block(number: int, **changes: Any) -> Publication:
    reservation_id = f"cr-{number:017x}"
    return told(
        number,
        when=AT + number * SECOND / 100,
        reservation_id=reservation_id,
        title=f"train-{number} is drained",
        kind="drained",
        **changes,
    )


def test_a_digest_counts_names_and_says_what_to_do() -> None:
    worse = told(
        900,
        severity=Severity.CRITICAL,
        kind="drain-late",
        title="train-9 is late",
        next_step="Look at 2027-03-21 11:30 UTC.",
    )
    found = message([*(block(n) for n in range(5)), worse], ROUTES)

    assert found.text == ":rotating_light: 6 notices: 1 critical, 5 info"
    assert words(found).split("\n") == [
        ":rotating_light: 6 notices: 1 critical, 5 info",
        "<!here>",
        "*:rotating_light: Drain late: 1*",
        "• train-9 is late",
        "_What to do:_ Look at 2027-03-21 11:30 UTC (Sun 12:30 CET).",
        "*Drained: 5*",
        "• train-0 is drained",
        "• train-1 is drained",
        "• train-2 is drained",
        "and of cr-00000000000000003, cr-00000000000000004",
        "training: 6. The mail has each of them.",
    ]


def test_a_hundred_blocks_are_named_each_and_more_are_counted() -> None:
    hundred, many = (
        words(message([block(n) for n in range(73)], ROUTES)),
        words(message([block(n) for n in range(256)], ROUTES)),
    )

    assert all(f"cr-{n:017x}" in hundred for n in range(3, 73))
    assert many.count("cr-000") + int(many.split(" and ")[-1].split()[0]) == 253


def late(number: int, **changes: Any) -> Publication:
    given_changes = {
        "reservation_id": "cr-same",
        "target": f"g{number}",
        "title": f"g{number} of cr-same is not drained",
        "kind": "not-drained",
        "severity": Severity.CRITICAL,
        "next_step": "Terminate its instances.",
    }
    return told(number, when=AT + number * SECOND / 100, **(given_changes | changes))


def test_everything_critical_is_said_by_its_title() -> None:
    found = words(message([*(late(n) for n in range(6)), *(block(10 + n) for n in range(90))], ROUTES))

    assert [line for line in found.split("\n") if "not drained" in line] == [
        f"• g{n} of cr-same is not drained" for n in range(6)
    ]


def test_critical_notices_of_several_kinds_share_the_room() -> None:
    kinds = [late(100 * kind + n, kind=f"kind-{kind}", title="t" * 240) for kind in range(4) for n in range(90)]
    found = message(kinds, ROUTES)

    assert [words(found).count(f"Kind {kind}: 90") for kind in range(4)] == [1] * 4
    assert [words(found).count(f"g{100 * kind + 89}") for kind in range(4)] == [1] * 4
    assert refusals(found) == []


def test_what_is_about_one_block_is_named_by_its_targets() -> None:
    found = words(message([late(n, severity=Severity.WARNING) for n in range(7)], ROUTES))

    assert "and of g3, g4, g5, g6" in found


def test_neither_blocks_nor_targets_that_come_again_hide_each_other() -> None:
    pairs = [(f"cr-{n // 2}", ("train", "serve")[n % 2]) for n in range(7)]
    notices = [late(n, severity=Severity.WARNING, reservation_id=cr, target=g) for n, (cr, g) in enumerate(pairs)]

    assert "and of serve of cr-1, train of cr-2, serve of cr-2, train of cr-3" in words(message(notices, ROUTES))


def test_each_pool_calls_its_own_people() -> None:
    both = [told(1, severity=Severity.CRITICAL), told(2, severity=Severity.CRITICAL, pool="other"), told(3, pool="x")]

    assert "<!here> <@U0LUCY>" in words(message(both, ROUTES))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Severity),
            st.sampled_from(["drained", "bound", "x" * 300]) | st.text(max_size=5),
            st.sampled_from(["t", "<&>" * 200]),
            st.sampled_from(["Nothing to do.", "Do it & " * 500, ""]),
            st.sampled_from(["training", None, "p" * 500]) | st.text(max_size=3),
        ),
        min_size=1,
        max_size=120,
    )
)
def test_slack_takes_a_digest_whatever_is_in_it(
    given_notices: Sequence[tuple[Severity, str, str, str, str | None]],
) -> None:
    publications = [
        told(
            n, severity=severity, kind=kind, title=title * (n % 3), next_step=step, pool=pool, reservation_id=f"cr-{n}"
        )
        for n, (severity, kind, title, step, pool) in enumerate(given_notices)
    ]

    assert refusals(message(publications, ROUTES)) == []


def test_what_has_no_room_is_counted() -> None:
    kinds = [told(n, kind=f"kind-{n:03}", title="t" * 250, next_step="s" * 300) for n in range(100)]
    found = message(kinds, ROUTES)
    shown = words(found).count("*Kind")

    assert 10 < shown < 100
    assert f"_{100 - shown} more, of {100 - shown} kinds: the mail has them._" in words(found)


# --- which -----------------------------------------------------------------


def shape(found: Sequence[Post]) -> list[tuple[str | None, int]]:
    return [(post.channel, len(post.publications)) for post in found]


def test_a_few_are_told_one_by_one_in_their_order() -> None:
    few = [block(n) for n in range(FEW)]
    found = posts(few[::-1], ROUTES, buttons=True)

    assert [post.publications for post in found] == [(each,) for each in few]
    assert found[0].subjects == ("cr-00000000000000000",)
    assert not is_burst(few, ROUTES)


def test_more_than_a_few_are_one_digest() -> None:
    many = [block(n) for n in range(FEW + 1)]

    assert shape(posts(many, ROUTES, buttons=True)) == [("C0STACK", FEW + 1)]
    assert posts(many, ROUTES, buttons=True)[0].subjects == ()
    assert is_burst(many, ROUTES)


def test_channels_are_counted_apart() -> None:
    mixed = [block(n) for n in range(FEW + 1)] + [block(50 + n, pool="other") for n in range(2)]

    assert shape(posts(mixed, ROUTES, buttons=True)) == [("C0STACK", FEW + 1), ("C0OTHER", 1), ("C0OTHER", 1)]


@pytest.mark.parametrize(("buttons", "alone"), [(True, 2), (False, 0)])
def test_a_question_keeps_its_buttons(buttons: bool, alone: int) -> None:
    mixed = [block(n) for n in range(10)] + [block(20 + n, choices=ASK) for n in range(2)]
    found = posts(mixed, ROUTES, buttons=buttons)

    assert shape(found) == [("C0STACK", 1)] * alone + [("C0STACK", 12 - alone)]


def test_so_many_questions_that_nobody_could_read_them_are_a_digest_too() -> None:
    asking = [block(n, choices=ASK) for n in range(256)]

    assert shape(posts(asking, ROUTES, buttons=True)) == [("C0STACK", 1)] * MOST_QUESTIONS + [
        ("C0STACK", 256 - MOST_QUESTIONS)
    ]


@given(st.lists(st.tuples(st.sampled_from(["training", "other", "third"]), st.booleans()), max_size=60))
def test_each_publication_is_in_exactly_one_post(shapes: Sequence[tuple[str, bool]]) -> None:
    publications = [block(n, pool=pool, choices=ASK if asks else ()) for n, (pool, asks) in enumerate(shapes)]
    found = posts(publications, ROUTES, buttons=True)

    assert sorted(p.message_id for post in found for p in post.publications) == sorted(
        p.message_id for p in publications
    )
    assert all(ROUTES.of(p.notice.pool).channel == post.channel for post in found for p in post.publications)


def test_a_purchase_goes_on_in_the_thread_of_its_request() -> None:
    assert subjects(a_notice(thread="lucy")) == ("cr-0a", "lucy")
    assert subjects(a_notice(thread="lucy", reservation_id=None)) == ("lucy",)
    assert subjects(a_notice(reservation_id=None)) == ()
