"""What people are shown of a search."""

import re
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from capacity_blocks.core.purchase.query import Answer, Findings, LeftOut, Outcome, Query, Subject
from capacity_blocks.core.purchase.ranking import ORDER, Ranking, rank
from capacity_blocks.core.purchase.table import HEADINGS, facts, render
from tests.factories import REGION, at
from tests.unit.core.purchase.shapes import NOW, PLACE, WEEK, a_request, a_segment, an_offering

BERLIN = ZoneInfo("Europe/Berlin")
SUBJECT = Subject(region=REGION, types=("p5.48xlarge",), duration=WEEK)
QUERY = Query(subject=SUBJECT, count=8, not_before=None, not_after=at("2026-05-16T00:00"))
DEAR = an_offering("cb-0b", upfront_fee=Decimal(70000), availability_zone="us-east-2-phx-2a", zone_type="local-zone")


STARTS = "2026-05-04 11:30 UTC = Mon 04 May 13:30 CEST"
ENDS = "2026-05-11 11:30 UTC"
PHOENIX = "us-east-2-phx-2a (local-zone)"
OK = "may be bought"
NO = "its fee of $70,000 is over the request's $60,000; no target of the pool has a subnet in us-east-2-phx-2a"


def test_a_table_shows_offers_best_first_then_what_else_was_found() -> None:
    found = Findings(
        sold_out=(Answer(query=QUERY, outcome=Outcome.SOLD_OUT, at=NOW),),
        not_offered=(Answer(query=QUERY, outcome=Outcome.NOT_OFFERED, at=NOW),),
        failed=(Answer(query=QUERY, outcome=Outcome.FAILED, at=NOW, message="UnauthorizedOperation"),),
        left_out=(LeftOut(subject=SUBJECT, reason="no time"),),
    )

    table = render(rank(NOW, a_request(), [DEAR, an_offering()], (PLACE,)), found, BERLIN)

    lines = table.splitlines()
    assert [re.split(" {2,}", line) for line in lines[:3]] == [
        ["", *HEADINGS[1:]],
        ["1", "cb-0a", "8 x p5.48xlarge", "us-east-2a", STARTS, ENDS, "168", "167.5", "$42,000", "$3.918 per GPU", OK],
        ["-", "cb-0b", "8 x p5.48xlarge", PHOENIX, STARTS, ENDS, "168", "167.5", "$70,000", "$6.5299 per GPU", NO],
    ]
    assert len({line.index(cell) for line, cell in zip(lines, ("verdict", OK, NO), strict=False)}) == 1
    assert lines[3:] == [
        "",
        f"Order: {ORDER}.",
        "Sold out: 8 p5.48xlarge for 168 hours in us-east-2.",
        "Not offered there: 8 p5.48xlarge for 168 hours in us-east-2.",
        "Could not be asked: 8 p5.48xlarge for 168 hours in us-east-2 (UnauthorizedOperation).",
        "Not asked: p5.48xlarge in us-east-2, no time.",
    ]


def test_nothing_on_sale_is_said() -> None:
    assert render(Ranking(), Findings(), BERLIN) == "Nothing is on sale.\n"


def test_every_segment_is_shown() -> None:
    halves = tuple(
        a_segment(instance_count=4, availability_zone=zone, upfront_fee=Decimal(21000))
        for zone in ("us-east-2a", "us-east-2b")
    )
    (verdict,) = rank(NOW, a_request(several_segments=True), [an_offering(segments=halves)], (PLACE,)).refused

    shown = facts(verdict, BERLIN)

    assert (shown["what"], shown["zone"]) == ("4 x p5.48xlarge + 4 x p5.48xlarge", "us-east-2a + us-east-2b")


def test_what_is_not_known_is_shown_as_such() -> None:
    strange = an_offering(upfront_fee=None, ultraserver_type="u-p9x8", ultraserver_count=2)
    (verdict,) = rank(NOW, a_request(), [strange], (PLACE,)).refused

    shown = facts(verdict, ZoneInfo("UTC"))

    assert (shown["what"], shown["fee"], shown["fee per usable hour"], shown["start"]) == (
        "2 x u-p9x8",
        "not known",
        "not known",
        "2026-05-04 11:30 UTC",
    )


def test_a_fee_that_is_not_per_gpu_says_so() -> None:
    rare = an_offering(instance_type="p9.48xlarge", end=at("2026-05-04T11:30") + timedelta(days=1))
    (verdict,) = rank(NOW, a_request(), [rare], (PLACE,)).refused

    assert facts(verdict, BERLIN)["fee per usable hour"] == "$223.4043 per instance"
