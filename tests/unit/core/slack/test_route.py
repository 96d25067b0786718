"""The section `routes` of a pool's settings, over what holds for the stack."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.slack.route import Route, RouteError, Routes, RouteSettings, parse

BERLIN = ZoneInfo("Europe/Berlin")
STACK = Route(channel="C0STACK", mentions={Severity.CRITICAL: ("here",)}, time_zone=UTC)


def test_a_whole_section_is_read() -> None:
    section = {
        "channel": "C0TEAM",
        "mentions": {"critical": ["S0ONCALL", "U0LUCY"], "warning": "here", "info": []},
        "time_zone": "Europe/Berlin",
    }

    assert parse(section) == RouteSettings(
        channel="C0TEAM",
        mentions={Severity.CRITICAL: ("S0ONCALL", "U0LUCY"), Severity.WARNING: ("here",), Severity.INFO: ()},
        time_zone=BERLIN,
    )


def test_what_a_pool_leaves_out_is_the_stacks() -> None:
    assert STACK.changed(parse({})) == STACK
    assert STACK.changed(parse({"time_zone": "Europe/Berlin"})) == Route(
        channel="C0STACK", mentions=STACK.mentions, time_zone=BERLIN
    )


def test_a_pool_may_call_nobody() -> None:
    assert STACK.changed(parse({"mentions": {}})).mentions == {}


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        (3, "routes is 3; allowed: a JSON object"),
        ({"chanel": "C0TEAM"}, '"routes.chanel" is not a field; allowed: routes.channel, routes.mentions'),
        ({"channel": "#training"}, 'routes.channel is "#training"; allowed: the id of a channel, C…'),
        ({"channel": "C0TEAM\n"}, "routes.channel is"),
        ({"time_zone": "Mars/Olympus"}, 'routes.time_zone is "Mars/Olympus"; allowed: a time zone'),
        ({"time_zone": "../etc/passwd"}, "routes.time_zone is"),
        ({"mentions": ["here"]}, "routes.mentions is"),
        ({"mentions": {"shrill": "here"}}, "allowed: an object of info, warning, critical"),
        ({"mentions": {"critical": "<!everyone>"}}, '"here", "channel", the id of a person'),
        ({"mentions": {"critical": ["here"] * 11}}, "a list of 1 to 10"),
    ],
)
def test_what_is_wrong_is_named(section: Any, complaint: str) -> None:
    with pytest.raises(RouteError) as found:
        parse(section)
    assert complaint in str(found.value)


def test_each_pool_has_its_route_and_the_rest_the_stacks() -> None:
    own = Route(channel="C0TEAM")
    routes = Routes(default=STACK, by_pool={"training": own})

    assert (routes.of("training"), routes.of("inference"), routes.of(None)) == (own, STACK, STACK)
