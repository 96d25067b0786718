"""Slack's messages on the demo's page: its markup, its blocks, and what a click has changed."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.demo import block_kit, mrkdwn

NAMES = {"U0LEA": "lea", "C0GPU": "#gpu"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*What to do:* nothing", "<b>What to do:</b> nothing"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("capacity_blocks_pool", "capacity_blocks_pool"),
        ("_said_ ~once~ `a_b_c`", "<i>said</i> <s>once</s> <code>a_b_c</code>"),
        ("<@U0LEA>, <!here>", '<span class="mention">@lea</span>, <span class="mention">@here</span>'),
        ("<#C0GPU>", '<span class="mention">#gpu</span>'),
        ("<https://aws.amazon.com|AWS>", "AWS"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("&amp;lt;", "&amp;lt;"),
        ("first\nsecond", "first<br>\nsecond"),
        ("run\n```\naws *s3*\nls\n```", "run<br>\n<pre>aws *s3*\nls</pre>"),
        (":warning: cr-1", "\u26a0\ufe0f cr-1"),
    ],
)
def test_markup_is_written_as_slack_shows_it(text: str, html: str) -> None:
    assert mrkdwn.html(text, NAMES) == html


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.text("<>&;*_~`@!#|\n ab:", max_size=60))
def test_no_text_breaks_out_of_the_page(text: str) -> None:
    reader = Reader()
    reader.feed(mrkdwn.html(text, NAMES))
    reader.close()
    assert reader.open == []
    assert reader.tags <= {"b", "i", "s", "code", "pre", "span", "br"}


def button(label: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": label, "value": "{}", **more}


def payload(*blocks: dict[str, Any], colour: str = "#ecb22e") -> dict[str, Any]:
    header = {"type": "header", "text": {"type": "plain_text", "text": "It ends"}}
    return {"text": "It ends", "blocks": [header], "attachments": [{"color": colour, "blocks": list(blocks)}]}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def test_a_message_is_its_head_and_what_stands_beside_its_bar() -> None:
    fields = {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Pool*\ntraining"}]}
    asked = {"text": {"text": 'Really "buy"?'}}
    row = {"type": "actions", "elements": [button("Approve", style="primary", confirm=asked), button("Reject")]}

    assert block_kit.message(payload(section("soon"), fields, row), NAMES, "Reject") == (
        '<p class="headline">It ends</p>\n<div class="beside" style="border-color:#ecb22e"><p>soon</p>\n'
        '<div class="fields"><p><b>Pool</b><br>\ntraining</p></div>\n'
        '<p class="buttons"><span class="button primary" title="Really &quot;buy&quot;?">Approve</span>'
        '<span class="button clicked">Reject</span></p>\n</div>'
    )


def test_of_a_changed_message_only_what_is_new_is_written_again() -> None:
    before = payload(section("soon"), {"type": "actions", "elements": [button("Approve")]})
    after = payload(section("soon", block_id="b1-0"), section("*Approved* by <@U0LEA>"), colour="ecb22e")

    assert block_kit.changed(before, after, NAMES) == '<p><b>Approved</b> by <span class="mention">@lea</span></p>\n'
    assert block_kit.changed(before, before, NAMES) == ""


def test_a_colour_is_written_alike_however_slack_gives_it_back() -> None:
    assert {block_kit.colour({"color": each}) for each in ("#e01e5a", "e01e5a")} == {"#e01e5a"}


def test_a_block_that_the_page_cannot_show_is_an_error() -> None:
    with pytest.raises(ValueError, match="video is no block that this page can show"):
        block_kit.blocks([{"type": "video"}], NAMES)
