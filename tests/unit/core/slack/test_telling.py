"""A notice as a message: what a tired person needs, within Slack's limits, whatever the notice holds."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.notice import Choice, Severity, Tone
from capacity_blocks.core.slack.route import Route
from capacity_blocks.core.slack.telling import message
from tests.unit.core.slack.told import refusals, told, words

ROUTE = Route(
    channel="C0TEAM",
    mentions={Severity.CRITICAL: ("here", "S0ONCALL", "U0LUCY")},
    time_zone=ZoneInfo("Europe/Berlin"),
)
APPROVE = Choice(
    label="Approve $60,000", value=(("intent_id", "i-1"), ("decision", "approve")), tone=Tone.GOOD, confirm="Spend it?"
)
REJECT = Choice(label="Reject", value=(("intent_id", "i-1"), ("decision", "reject")), tone=Tone.DANGER)


def _fields(publication: Any, *, buttons: bool = True) -> list[str]:
    _, *body = message(publication, ROUTE, buttons=buttons).payload()["attachments"][0]["blocks"]
    return [field["text"] for block in body for field in block.get("fields", ())]


def test_what_is_only_typed_into_a_command_is_left_out_where_buttons_carry_it() -> None:
    asked = told(facts=(("Fee", "$1"), ("Terms", "0a1b"), ("Intent", "i-1")), choices=(APPROVE, REJECT))

    assert {"*Terms*\n0a1b", "*Intent*\ni-1"} <= set(_fields(asked, buttons=False))
    assert not {"*Terms*\n0a1b", "*Intent*\ni-1"} & set(_fields(asked))
    assert "*Fee*\n$1" in _fields(asked)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://a.test/x?b=1&c=2", "<https://a.test/x?b=1&amp;c=2|open>"),
        ("see https://a.test/", "see https://a.test/"),
        ("https://a.test/|<!channel>", "https://a.test/|&lt;!channel&gt;"),
    ],
)
def test_an_address_is_a_link_unless_it_is_more_than_one(value: str, shown: str) -> None:
    assert f"*Execution*\n{shown}" in _fields(told(facts=(("Execution", value),)))


def test_a_whole_notice_is_laid_out() -> None:
    publication = told(
        severity=Severity.CRITICAL,
        title="cr-0a ends at 2027-03-21 11:30 UTC",
        text="8 instances & their work.",
        next_step="Extend it.",
        reason="it is busy",
        facts=(("Fee", "$60,000"),),
        choices=(APPROVE, REJECT),
    )

    assert message(publication, ROUTE, buttons=True).payload() == {
        "text": ":rotating_light: cr-0a ends at 2027-03-21 11:30 UTC (Sun 12:30 CET)",
        "blocks": [
            {
                "type": "header",
                "text": {
                    "type": "plain_text",
                    "text": ":rotating_light: cr-0a ends at 2027-03-21 11:30 UTC (Sun 12:30 CET)",
                    "emoji": True,
                },
            },
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "<!here> <!subteam^S0ONCALL> <@U0LUCY>", "verbatim": True},
            },
        ],
        "attachments": [
            {
                "color": "#e01e5a",
                "fallback": ":rotating_light: cr-0a ends at 2027-03-21 11:30 UTC (Sun 12:30 CET)",
                "blocks": [
                    {
                        "type": "section",
                        "text": {"type": "mrkdwn", "text": "8 instances &amp; their work.", "verbatim": True},
                    },
                    {
                        "type": "section",
                        "text": {"type": "mrkdwn", "text": "*What to do:* Extend it.", "verbatim": True},
                    },
                    {"type": "actions", "elements": [APPROVE_BUTTON, REJECT_BUTTON]},
                    {
                        "type": "section",
                        "fields": [
                            {"type": "mrkdwn", "text": "*Pool*\ntraining", "verbatim": True},
                            {"type": "mrkdwn", "text": "*Region*\nus-east-2", "verbatim": True},
                            {"type": "mrkdwn", "text": "*Reservation*\ncr-0a", "verbatim": True},
                            {"type": "mrkdwn", "text": "*Target*\ntrain", "verbatim": True},
                            {"type": "mrkdwn", "text": "*Fee*\n$60,000", "verbatim": True},
                        ],
                    },
                    {
                        "type": "context",
                        "elements": [
                            {
                                "type": "mrkdwn",
                                "text": "2027-03-21 11:30 UTC (Sun 12:30 CET) · scaled-out because it is busy",
                                "verbatim": True,
                            }
                        ],
                    },
                ],
            }
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


APPROVE_BUTTON = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Approve $60,000", "emoji": True},
    "action_id": "choose-0",
    "value": '{"intent_id":"i-1","decision":"approve"}',
    "style": "primary",
    "confirm": {
        "title": {"type": "plain_text", "text": "Approve $60,000", "emoji": True},
        "text": {"type": "plain_text", "text": "Spend it?", "emoji": True},
        "confirm": {"type": "plain_text", "text": "Approve $60,000", "emoji": True},
        "deny": {"type": "plain_text", "text": "Cancel", "emoji": True},
        "style": "primary",
    },
}
REJECT_BUTTON = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Reject", "emoji": True},
    "action_id": "choose-1",
    "value": '{"intent_id":"i-1","decision":"reject"}',
    "style": "danger",
}


@pytest.mark.parametrize(
    ("severity", "colour"),
    [(Severity.INFO, "#439fe0"), (Severity.WARNING, "#ecb22e"), (Severity.CRITICAL, "#e01e5a")],
)
def test_a_severity_has_its_colour(severity: Severity, colour: str) -> None:
    [attachment] = message(told(severity=severity), ROUTE, buttons=True).payload()["attachments"]

    assert attachment["color"] == colour


def test_people_are_called_for_what_they_asked_to_be_called_for_alone() -> None:
    assert "<!here>" in words(message(told(severity=Severity.CRITICAL), ROUTE, buttons=True))
    assert "<!here>" not in words(message(told(severity=Severity.WARNING), ROUTE, buttons=True))


def test_a_name_in_a_notice_calls_nobody() -> None:
    hostile = told(title="<!channel>", text="<!channel> <@U1>", facts=(("<!here>", "<!here>"),), reason="<!here>")
    found = message(hostile, Route(channel="C0TEAM"), buttons=True)

    assert "<" not in words(found).replace(found.head[0]["text"]["text"], "")  # a title is plain: nothing in it calls
    assert "<" not in found.text


COMMANDS = (
    "Pool training would buy 8 x p5.48xlarge.\n\n"
    "To answer, take your own credentials, in a shell:\n\n"
    'eval "$(aws configure export-credentials --format env)"\n\n'
    "To approve:\ncurl --aws-sigv4 x \\\n  -d '{}'\n\n"
    "With an old curl the same through awscurl.\n\n"
    "To reject:\nawscurl -X POST x\n\n"
    "Nothing is bought before that."
)


def test_buttons_stand_for_the_commands_that_do_the_same() -> None:
    found = words(message(told(text=COMMANDS, choices=(APPROVE, REJECT)), ROUTE, buttons=True))

    assert "would buy 8 x p5.48xlarge.\n\nNothing is bought before that." in found
    assert "curl" not in found
    assert "in a shell" not in found


@pytest.mark.parametrize(
    ("choices", "buttons"), [((APPROVE,), False), ((), True)], ids=["buttons nobody hears", "nothing to choose"]
)
def test_without_buttons_the_commands_stand_ready_to_be_copied(choices: tuple[Choice, ...], buttons: bool) -> None:
    found = message(told(text=COMMANDS, choices=choices), ROUTE, buttons=buttons)

    assert "To approve:\n```\ncurl --aws-sigv4 x \\\n  -d '{}'\n```" in words(found)
    assert all(block["type"] != "actions" for block in found.body)


def test_a_value_that_is_too_long_has_no_button_but_its_command() -> None:
    long = Choice(label="Buy", value=(("buy", "x" * 2000),))
    found = message(told(text=COMMANDS, choices=(long, REJECT)), ROUTE, buttons=True)
    [row] = [block for block in found.body if block["type"] == "actions"]

    assert [button["text"]["text"] for button in row["elements"]] == ["Reject"]
    assert "_No button here for: Buy. Slack takes none that holds so much._" in words(found)
    assert "curl --aws-sigv4" in words(found)


def test_a_command_is_whole_or_in_the_mail() -> None:
    command = f"aws stepfunctions start-execution --input '{'x' * 700}'"
    fact = words(message(told(facts=(("By hand", command),)), ROUTE, buttons=True))
    text = words(message(told(text=f"By hand:\n{command * 5}"), ROUTE, buttons=True))

    assert "*By hand*\n_The mail has the command._" in fact
    assert "By hand:\n_The mail has the command._" in text
    assert "aws stepfunctions" not in fact + text


def test_facts_that_have_no_room_are_said_to_be_in_the_mail() -> None:
    many = tuple((f"fact {n}", "x" * 500) for n in range(9))

    assert "_The rest is in the mail._" in words(message(told(facts=many), ROUTE, buttons=True))
    assert "_The rest is in the mail._" not in words(message(told(facts=many[:4]), ROUTE, buttons=True))


def test_told_plainly_it_still_calls_people_and_has_its_facts() -> None:
    publication = told(
        severity=Severity.CRITICAL, title="It ends", text="8 instances.", next_step="Extend it.", facts=(("Fee", "$6"),)
    )
    plain = message(publication, ROUTE, buttons=True).plain()

    assert plain["text"].split("\n") == [
        ":rotating_light: It ends",
        "<!here> <!subteam^S0ONCALL> <@U0LUCY>",
        "8 instances.",
        "*What to do:* Extend it.",
        *("*Pool*", "training", "*Region*", "us-east-2", "*Reservation*", "cr-0a", "*Target*", "train", "*Fee*", "$6"),
    ]
    assert "blocks" not in plain
    assert "attachments" not in plain


def test_told_plainly_a_question_says_where_its_commands_are() -> None:
    plain = message(told(text=COMMANDS, choices=(APPROVE, REJECT)), ROUTE, buttons=True).plain()

    assert "_Here are no buttons: the mail has the commands._" in plain["text"]
    assert "no buttons" not in message(told(text=COMMANDS), ROUTE, buttons=True).plain()["text"]


def test_what_has_no_room_is_said_to_be_in_the_mail() -> None:
    found = message(told(text="word " * 4000), ROUTE, buttons=True)

    assert "_The rest is in the mail._" in words(found)
    assert refusals(found) == []
    assert "_The rest is in the mail._" not in words(message(told(text="word"), ROUTE, buttons=True))


TEXT = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="<>&*`\n ü", max_size=40),
    st.builds(
        lambda text, times: text * times,
        st.sampled_from(["x", "&", "<a> ", "漢\n", "curl \\\n", "\n"]),
        st.integers(0, 9000),
    ),
)


@given(
    changes=st.fixed_dictionaries(
        {"title": TEXT, "text": TEXT, "next_step": TEXT, "reason": TEXT, "kind": TEXT},
        optional={
            "severity": st.sampled_from(Severity),
            "facts": st.lists(st.tuples(TEXT, TEXT), max_size=30).map(tuple),
            "choices": st.lists(
                st.builds(
                    Choice,
                    label=TEXT,
                    value=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
                    tone=st.sampled_from(Tone),
                    confirm=TEXT,
                ),
                max_size=30,
            ).map(tuple),
        },
    ),
    buttons=st.booleans(),
)
def test_slack_takes_it_whatever_a_notice_holds(changes: dict[str, Any], buttons: bool) -> None:
    assert refusals(message(told(**changes), ROUTE, buttons=buttons)) == []
