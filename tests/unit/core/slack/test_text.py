"""Text is escaped, cut, and gets the hours of the team's clock."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.slack.text import cut, escaped, escaped_cut, localised

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_name_calls_nobody() -> None:
    assert escaped("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize(("text", "expected"), [("abcde", "abcde"), ("abcdef", "abcd…")])
def test_what_is_too_long_is_cut_and_says_so(text: str, expected: str) -> None:
    assert cut(text, 5) == expected


@given(st.text(alphabet="<>&a; ", max_size=60), st.integers(2, 60))
def test_no_escape_is_cut_in_two(text: str, most: int) -> None:
    found = escaped_cut(text, most)

    assert len(found) <= most
    rest = found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(rest) & set("<>&")
    assert found == escaped(text) or found.endswith("…")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ends at 2027-03-21 11:30 UTC.", "It ends at 2027-03-21 11:30 UTC (Sun 12:30 CET)."),
        (
            "2027-03-28 00:30 UTC to 2027-03-28 01:30 UTC",
            "2027-03-28 00:30 UTC (Sun 01:30 CET) to 2027-03-28 01:30 UTC (Sun 03:30 CEST)",
        ),
        ("2027-03-21 23:30 UTC", "2027-03-21 23:30 UTC (Mon 00:30 CET)"),
        ("2027-03-21 11:30 UTC = Sun 21 Mar 12:30 CET", "2027-03-21 11:30 UTC = Sun 21 Mar 12:30 CET"),
        ("2027-02-30 11:30 UTC", "2027-02-30 11:30 UTC"),
        ("9999-12-31 23:59 UTC", "9999-12-31 23:59 UTC"),
        ("at 11:30 UTC", "at 11:30 UTC"),
        ("2027-03-21 11:30 UTCX", "2027-03-21 11:30 UTCX"),
    ],
)
def test_an_instant_is_shown_by_the_teams_clock_too(text: str, expected: str) -> None:
    assert localised(text, BERLIN) == expected


def test_a_team_that_lives_by_utc_sees_it_once() -> None:
    assert localised("2027-03-21 11:30 UTC", UTC) == "2027-03-21 11:30 UTC"
