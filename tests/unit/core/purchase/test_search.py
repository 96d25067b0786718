"""What is searched for, in which order, at which pace, and when enough is enough."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_blocks.core.purchase import pace
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.query import Answer, Findings, LeftOut, Outcome, Query, Subject, findings
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest, UltraServers
from capacity_blocks.core.purchase.search import MOST_CALLS, Call, SearchPlan, plan, regions, search_again_at
from tests.factories import REGION, at
from tests.unit.core.purchase.shapes import NOW, PLACE, WEEK, a_request, an_offering

FAR = NOW + timedelta(minutes=4)
DAY = timedelta(days=1)
TWO_TYPES = Instances(types=("p5en.48xlarge", "p5.48xlarge"), least=4, most=8)
BROAD = a_request(wanted=TWO_TYPES, durations=(WEEK, 14 * DAY), most_duration=14 * DAY)


def subject(region: str = REGION, types: tuple[str, ...] = ("p5.48xlarge",), **changes: Any) -> Subject:
    given: dict[str, Any] = {"region": region, "types": types, "duration": WEEK}
    return Subject(**(given | changes))


def query(about: Subject, count: int = 8, **changes: Any) -> Query:
    given: dict[str, Any] = {"not_before": at("2026-05-01T00:00"), "not_after": at("2026-05-16T00:00")}
    return Query(subject=about, count=count, **(given | changes))


def answer(asked: Query, outcome: Outcome, instant: datetime = NOW) -> Answer:
    offerings = (an_offering(),) if outcome is Outcome.ON_SALE else ()
    return Answer(query=asked, outcome=outcome, at=instant, offerings=offerings)


def played(
    request: PurchaseRequest, in_regions: list[str], ec2: Callable[[Query], Outcome], until: datetime = FAR
) -> tuple[list[Answer], tuple[LeftOut, ...]]:
    """Search until the plan is empty, as a caller would, each call at the instant that the plan names."""
    now, answers = NOW, list[Answer]()
    for _ in range(200):
        todo = plan(now, request, in_regions, answers, until)
        if not todo.calls:
            return answers, todo.left_out
        answers += [answer(call.query, ec2(call.query), call.at) for call in todo.calls]
        now = max(call.at for call in todo.calls)
    raise AssertionError("the search never ends")


def asked(answers: list[Answer]) -> list[tuple[str, int, int]]:
    return [(a.query.subject.types[0], a.query.subject.duration // DAY, a.query.count) for a in answers]


def test_one_type_and_one_duration_is_one_call() -> None:
    assert plan(NOW, a_request(), [REGION], [], FAR) == SearchPlan(calls=(Call(query=query(subject()), at=NOW),))


def test_preferred_types_and_durations_are_asked_for_first() -> None:
    answers, _ = played(BROAD, [REGION], lambda _: Outcome.ON_SALE)

    assert asked(answers) == [
        ("p5en.48xlarge", 7, 8),
        ("p5en.48xlarge", 14, 8),
        ("p5.48xlarge", 7, 8),
        ("p5.48xlarge", 14, 8),
    ]


def test_regions_go_side_by_side() -> None:
    calls = plan(NOW, a_request(), ["us-west-2", REGION], [], FAR).calls

    assert [(call.query.subject.region, call.at) for call in calls] == [("us-west-2", NOW), (REGION, NOW)]


def test_the_pools_own_regions_are_searched_unless_the_request_names_some() -> None:
    places = [PLACE, replace(PLACE, availability_zone="us-east-2b"), Place(region="eu-north-1", availability_zone="a")]

    assert regions(a_request(), places) == ("eu-north-1", REGION)
    assert regions(a_request(regions=("us-west-2",)), places) == ("us-west-2",)


@pytest.mark.parametrize(
    ("there", "counts"),
    [(8, [8]), (7, [8, 4, 6, 7]), (6, [8, 4, 6, 7]), (5, [8, 4, 6, 5]), (4, [8, 4, 6, 5]), (3, [8, 4]), (0, [8, 4])],
    ids=str,
)
def test_fewer_are_asked_for_only_where_the_most_are_sold_out(there: int, counts: list[int]) -> None:
    request = a_request(wanted=Instances(types=("p5.48xlarge",), least=4, most=8))

    answers, _ = played(request, [REGION], lambda q: Outcome.ON_SALE if q.count <= there else Outcome.SOLD_OUT)

    assert [each.query.count for each in answers] == counts


def test_a_type_that_is_not_offered_in_a_region_is_not_asked_for_there_again() -> None:
    def ec2(asked_for: Query) -> Outcome:
        return Outcome.NOT_OFFERED if asked_for.subject.types == ("p5en.48xlarge",) else Outcome.SOLD_OUT

    first = plan(NOW, BROAD, [REGION, "us-west-2"], [], FAR).calls[:1]
    answers = [answer(call.query, ec2(call.query)) for call in first]
    after = plan(NOW, BROAD, [REGION, "us-west-2"], answers, FAR).calls

    types = {(call.query.subject.region, *call.query.subject.types) for call in after}
    assert types == {(REGION, "p5.48xlarge"), ("us-west-2", "p5.48xlarge"), ("us-west-2", "p5en.48xlarge")}


def test_a_throttled_query_is_asked_again_twice_after_a_pause_and_then_counts_as_failed() -> None:
    answers, _ = played(a_request(), [REGION], lambda _: Outcome.THROTTLED)

    assert [each.at - NOW for each in answers] == [timedelta(0), timedelta(seconds=15), timedelta(seconds=60)]
    assert findings(answers) == Findings(failed=(answers[-1],))


def test_a_failed_call_is_not_repeated_and_is_not_taken_for_sold_out() -> None:
    answers, _ = played(BROAD, [REGION], lambda _: Outcome.FAILED)

    assert len(answers) == 4
    assert findings(answers) == Findings(failed=tuple(answers))


def test_types_are_combined_only_where_segments_are_allowed_and_no_single_type_is_on_sale() -> None:
    combined = query(subject(types=TWO_TYPES.types, by_preference=True))
    allowed = a_request(wanted=replace(TWO_TYPES, least=8), several_segments=True)

    def sold_out(_: Query) -> Outcome:
        return Outcome.SOLD_OUT

    assert [each.query for each in played(allowed, [REGION], sold_out)[0]][-1] == combined
    forbidden = replace(allowed, several_segments=False)
    for answers, _ in (played(allowed, [REGION], lambda _: Outcome.ON_SALE), played(forbidden, [REGION], sold_out)):
        assert not any(each.query.subject.by_preference for each in answers)


def test_ultraservers_are_asked_for_by_their_count() -> None:
    request = a_request(wanted=UltraServers(type="u-p6e-gb200x72", count=2))

    (call,) = plan(NOW, request, [REGION], [], FAR).calls

    assert call.query == query(subject(types=("u-p6e-gb200x72",), is_ultraserver=True), count=2)
    assert plan(NOW, request, [REGION], [answer(call.query, Outcome.SOLD_OUT)], FAR) == SearchPlan()


def test_what_cannot_be_on_sale_is_not_asked_for_and_said() -> None:
    long = a_request(durations=(28 * DAY,), least_duration=28 * DAY, most_duration=28 * DAY)
    late = a_request(earliest_start=at("2026-07-01T00:00"), latest_end=at("2026-07-20T00:00"))

    assert plan(NOW, long, [REGION], [], FAR) == SearchPlan(
        left_out=(
            LeftOut(
                subject=subject(duration=28 * DAY),
                reason="672 hours from 2026-05-01 00:00 UTC end after 2026-05-16 00:00 UTC",
            ),
        )
    )
    assert plan(NOW, late, [REGION], [], FAR).left_out[0].reason == (
        "EC2 sells starts up to 8 weeks ahead: 2026-07-01 00:00 UTC from 2026-05-06 00:00 UTC on"
    )


def test_a_start_in_the_past_is_left_out_of_the_query() -> None:
    request = a_request(earliest_start=NOW - DAY)

    assert plan(NOW, request, [REGION], [], FAR).calls[0].query.not_before is None


def test_what_there_is_no_time_for_is_left_out_and_said() -> None:
    many = a_request(durations=tuple(n * DAY for n in range(1, 15)), least_duration=DAY, most_duration=14 * DAY)

    answers, left_out = played(many, [REGION], lambda _: Outcome.SOLD_OUT, until=NOW + timedelta(seconds=20))

    assert len(answers) == 10
    assert [each.reason for each in left_out] == ["the search had time for 10 calls there"] * 4


def test_a_block_that_just_fits_is_asked_for() -> None:
    exact = a_request(latest_end=at("2026-05-08T00:00"))

    assert len(plan(NOW, exact, [REGION], [], FAR).calls) == 1


def test_a_search_is_bounded_however_much_time_there_is() -> None:
    types = tuple(f"p{n}.48xlarge" for n in range(4))
    many = a_request(
        wanted=Instances(types=types, least=8, most=8),
        durations=tuple(n * DAY for n in range(1, 15)),
        least_duration=DAY,
        most_duration=14 * DAY,
    )

    answers, left_out = played(many, [REGION], lambda _: Outcome.SOLD_OUT, until=NOW + DAY)

    assert (len(answers), len(left_out)) == (40, 16)


REQUESTS = st.builds(
    a_request,
    wanted=st.builds(
        lambda types, least, more: Instances(types=tuple(types), least=least, most=min(64, least + more)),
        st.lists(st.sampled_from(["p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge"]), min_size=1, unique=True),
        st.integers(1, 64),
        st.integers(0, 63),
    ),
    durations=st.lists(st.integers(1, 14).map(lambda n: n * DAY), min_size=1, max_size=14, unique=True).map(tuple),
    least_duration=st.just(DAY),
    most_duration=st.just(14 * DAY),
    several_segments=st.booleans(),
)


@given(
    request_=REQUESTS,
    in_regions=st.sampled_from([[REGION], [REGION, "us-west-2"]]),
    outcomes=st.randoms(use_true_random=False),
)
@settings(max_examples=60)
def test_a_search_ends_spends_within_the_bucket_and_asks_nothing_twice(
    request_: PurchaseRequest, in_regions: list[str], outcomes: Any
) -> None:
    answers, _ = played(request_, in_regions, lambda _: outcomes.choice(list(Outcome)))

    for region in in_regions:
        there = [each for each in answers if each.query.subject.region == region]
        assert len(there) <= MOST_CALLS
        assert all(NOW <= each.at < FAR for each in there)
        assert_within_bucket([each.at for each in there])
        certain = [each.query for each in there if each.outcome is not Outcome.THROTTLED]
        assert len(certain) == len(set(certain))


def assert_within_bucket(instants: list[datetime]) -> None:
    """Draw from a bucket of EC2's own size, full at first, at each instant."""
    tokens, before = float(pace.BUCKET), min(instants, default=NOW)
    for instant in sorted(instants):
        tokens = min(pace.BUCKET, tokens + (instant - before).total_seconds() * 0.15)
        assert tokens >= 1
        tokens, before = tokens - 1, instant


def test_the_bucket_allows_some_at_once_and_then_one_in_seven_seconds() -> None:
    found = pace.instants(NOW, [], 10)

    assert [round((each - NOW).total_seconds(), 1) for each in found] == [0] * 8 + [6.7, 13.3]


def test_calls_already_made_count() -> None:
    before = [NOW - timedelta(seconds=1)] * 8

    assert pace.instants(NOW, before, 1) == [NOW - timedelta(seconds=1) + pace.EVERY]


LOOKING = a_request(look_until=at("2026-05-05T00:00"))
AGAIN: dict[str, tuple[PurchaseRequest, datetime, datetime | None]] = {
    "a request that looks once": (a_request(), NOW, None),
    "after ten minutes at least": (LOOKING, NOW, NOW + timedelta(minutes=10)),
    "not past its end": (LOOKING, at("2026-05-04T23:50"), None),
    "nor when no block could end in time": (
        replace(LOOKING, look_until=at("2026-06-01T00:00")), at("2026-05-08T23:50"), None
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "now", "expected"), AGAIN.values(), ids=AGAIN.keys())
def test_a_search_is_repeated_while_the_request_looks(
    request_: PurchaseRequest, now: datetime, expected: datetime | None
) -> None:
    assert search_again_at(now, request_, [answer(query(subject()), Outcome.SOLD_OUT)]) == expected


def test_a_search_of_many_calls_is_repeated_at_a_quarter_of_what_the_bucket_allows() -> None:
    answers = [answer(query(subject(), count=n), Outcome.SOLD_OUT) for n in range(40)]

    assert search_again_at(NOW, LOOKING, answers) == NOW + 40 * 4 * pace.EVERY


def test_what_was_found_is_kept_apart() -> None:
    by_outcome: Mapping[Outcome, Answer] = {
        outcome: answer(query(subject(), count=n), outcome) for n, outcome in enumerate(Outcome, start=1)
    }

    found = findings(list(by_outcome.values()))

    assert found == Findings(
        on_sale=(by_outcome[Outcome.ON_SALE],),
        sold_out=(by_outcome[Outcome.SOLD_OUT],),
        not_offered=(by_outcome[Outcome.NOT_OFFERED],),
        failed=(by_outcome[Outcome.THROTTLED], by_outcome[Outcome.FAILED]),
    )
    assert found.offerings == (an_offering(),)
    assert found.query_of(an_offering()) == by_outcome[Outcome.ON_SALE].query


def test_the_last_answer_to_a_query_counts() -> None:
    throttled = answer(query(subject()), Outcome.THROTTLED)
    sold_out = answer(query(subject()), Outcome.SOLD_OUT, NOW + timedelta(seconds=15))

    assert findings([sold_out, throttled]) == Findings(sold_out=(sold_out,))
