"""`make demo`: what its story shows, what it makes of files of the AWS CLI, and how it refuses what it cannot play."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from simulator.demo.__main__ import main

# What its fixtures make takes seconds: one worker makes it, for all of these tests.
pytestmark = pytest.mark.xdist_group("demo")

EXAMPLES = Path("examples/aws-cli")
ELSEWHERE = "cr-0f3a9d2c7b5e81644"  # the block that was bought elsewhere
VOID = {"meta", "input", "link", "br"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a run of the command left behind."""

    code: int
    text: str
    page: str
    seen: Mapping[str, Any]

    def entries(self, words: str) -> list[Mapping[str, Any]]:
        """Return the lines of the timeline that say `words`."""
        return [entry for entry in self.seen["entries"] if words in f"{entry['what']} {entry['why']}"]

    def entry(self, words: str) -> Mapping[str, Any]:
        return only(self.entries(words))

    def request(self, request_id: str) -> Mapping[str, Any]:
        return only([each for each in self.seen["requests"] if each["request_id"] == request_id])

    def block(self, **wanted: object) -> Mapping[str, Any]:
        return only([block for block in self.seen["blocks"] if wanted.items() <= block.items()])

    def size(self, group: str, at: str) -> tuple[int, int]:
        """Return what a group wanted and had in service at an instant."""
        [sizes] = [each["sizes"] for each in self.seen["groups"] if each["name"] == group]
        now = [(size["desired"], size["in_service"]) for size in sizes if instant(size["at"]) <= instant(at)]
        return now[-1] if now else (0, 0)


def only(found: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    assert len(found) == 1
    return found[0]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def run(folder: Path, *words: str) -> Told:
    html, json_file, out = folder / "page.html", folder / "run.json", StringIO()
    with redirect_stdout(out):
        code = main([*words, "--html", str(html), "--json", str(json_file)])
    return Told(code=code, text=out.getvalue(), page=html.read_text(), seen=json.loads(json_file.read_text()))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return run(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Told:
    files = sorted(str(path) for path in EXAMPLES.glob("*.json"))
    return run(tmp_path_factory.mktemp("own"), "--load", *files, "--from", "2027-03-01T09:00Z")


# --- the story ---


def test_each_block_is_served_by_the_target_that_asks_for_its_size(story: Told) -> None:
    served = {
        (block["pool"], block["size"]): [(t["target"], t["share"]) for t in block["figures"]["targets"]]
        for block in story.seen["blocks"]
    }

    assert served == {
        ("training", 8): [("train-a", 8)],
        ("training", 4): [("train-b", 4)],
        ("research", 8): [("papers", 8)],
    }


def states(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each state of a request's only purchase, with the state that its workflow was in."""
    [intent] = request["intents"]
    return [(turn["state"], turn["step"]) for turn in intent["turns"]]


def test_a_dry_run_says_what_it_would_ask_and_buy_and_stops(story: Told) -> None:
    look, said = story.request("run-9-look"), story.entry("Dry run, nothing bought: $6,041 for 8 x p5.48xlarge")

    assert look["is_dry_run"]
    assert look["intents"] == []
    assert look["steps"][-1]["name"] == "It was a dry run and nothing was asked or bought"
    assert "would have to approve it: arn:aws:iam::123456789012:user/lea" in said["why"]


def test_the_search_is_laid_out_with_what_speaks_against_each_offering(story: Told) -> None:
    offers = story.request("run-9")["offers"]
    found = story.entry("finds 2 offerings that may be bought, and 2 that may not")

    assert [(offer["zone"], offer["fee"], offer["may_be_bought"]) for offer in offers] == [
        ("us-east-2a", "$6,041", True),
        ("us-east-2a", "$6,041", True),
        ("us-east-2a", "$5,400", False),
        ("us-east-2c", "$6,758", False),
    ]
    assert "it comes in 2 segments" in offers[2]["verdict"]
    assert offers[3]["verdict"] == "its fee of $6,758 is over the request's $6,500"
    for offer in offers:
        assert offer["fee"] in story.page
        assert escape(offer["verdict"]) in story.page or offer["may_be_bought"]
    assert "refused: it comes in 2 segments" in found["why"]


def test_who_is_not_listed_hears_a_clear_no_and_nothing_is_bought_before_the_lead_says_yes(story: Told) -> None:
    no, yes = story.entries("answers the question about run-9 with yes")
    [intent] = story.request("run-9")["intents"]

    assert (no["actor"], yes["actor"]) == ("a colleague", "the team lead")
    assert (
        "Not approved: arn:aws:iam::123456789012:user/tom is not one of the pool's approvers. (HTTP 409)" in no["why"]
    )
    assert "Approved: $6,041 for cb-" in yes["why"]
    assert intent["approved_by"] == "arn:aws:iam::123456789012:user/lea (function URL)"
    assert instant(no["at"]) < instant(yes["at"]) <= instant(intent["attempts"][0]["at"])


def test_a_purchase_goes_from_the_question_to_the_payment_through_the_workflow(story: Told) -> None:
    request = story.request("run-9")

    assert states(request) == [
        ("asked", "Choose an offering"),
        ("approved", "Ask for approval"),
        ("attempting", "Buy the block"),
        ("bought", "Buy the block"),
        ("payment pending", "Follow the purchase"),
        ("paid", "Follow the purchase"),
    ]
    assert request["steps"][-1]["name"] == "The block is paid and handed to its pool"
    for state, step in states(request):
        assert story.entry(f"purchase run-9, $6,041: {state} workflow in '{step}'")


def test_a_purchase_whose_reply_is_lost_is_found_and_adopted_and_never_made_twice(story: Told) -> None:
    request = story.request("run-9-more")
    [intent] = request["intents"]
    lost, adopted = story.entry("loses EC2's reply"), story.entry("purchase run-9-more, $5,703: adopted")

    assert [state for state, _ in states(request)] == [
        "asked",
        "approved",
        "attempting",
        "unknown",
        "adopted",
        "payment pending",
        "paid",
    ]
    assert [attempt["error"] for attempt in intent["attempts"]] == ["ConnectionClosedError"]
    assert [sold["reservation_ids"] for sold in intent["sales"]] == [intent["reservation_ids"]]
    assert timedelta(minutes=2) < instant(adopted["at"]) - instant(lost["at"]) < timedelta(minutes=5)


def test_ec2_has_sold_what_was_asked_for_and_no_more_and_the_book_has_its_fees(story: Told) -> None:
    both = [*story.seen["requests"], *story.seen["renewals"]]
    intents = [intent for each in both for intent in each["intents"]]
    sales = story.seen["sales"]
    budgets = {each["pool"]: [each[part] for part in ("spent", "reserved", "most")] for each in story.seen["budgets"]}

    assert len(sales) == sum(len(intent["attempts"]) for intent in intents) == 3
    assert [sold["fee"] for sold in sales] == [intent["fee"] for intent in intents]
    assert sum(int(sold["fee"][1:].replace(",", "")) for sold in sales) == 11_744 + 6_758
    assert budgets == {"research": ["$6,758", "$0", "$10,000"], "training": ["$11,744", "$0", "$15,000"]}
    assert "3 of 3  purchases in EC2's own book, of those asked for; 1 reply was lost" in story.text


def test_a_block_is_payment_pending_from_its_purchase_until_ec2_has_taken_the_fee(story: Told) -> None:
    for pool, size in (("training", 8), ("training", 4)):
        pending, *_ = story.block(pool=pool, size=size)["stretches"]
        sold = story.entry(f"sells {story.block(pool=pool, size=size)['reservation_id']}")
        paid = story.entry(f"{story.block(pool=pool, size=size)['reservation_id']} is paid: scheduled")

        assert pending["phase"] == "payment pending"
        assert abs(instant(pending["start"]) - instant(sold["at"])) < timedelta(seconds=1)
        assert abs(instant(pending["end"]) - instant(paid["at"])) < timedelta(seconds=1)


def test_a_block_loses_ten_minutes_and_twelve_seconds_at_most(story: Told) -> None:
    for block in story.seen["blocks"]:
        figures = block["figures"]
        assert 600 <= figures["lost_at_end"] < 601
        assert figures["lost_at_start"] + figures["lost_at_end"] <= 10.2 * 60
        assert figures["reaction"] <= 5


def test_two_blocks_of_one_pool_overlap_on_two_targets(story: Told) -> None:
    midnight = "2027-03-03T00:00:00Z"

    assert [story.size(group, midnight) for group in ("train-a", "train-b", "papers")] == [(8, 8), (4, 4), (0, 0)]


def test_nothing_runs_any_more_when_ec2_begins_to_terminate(story: Told) -> None:
    for block in story.seen["blocks"]:
        for target in block["figures"]["targets"]:
            assert story.size(target["target"], block["reclaim_at"]) == (0, 0)


def test_the_block_that_nobody_claims_is_told_with_its_cost_until_a_person_tags_it(story: Told) -> None:
    told, tagged = story.entry(f"No pool claims {ELSEWHERE}"), story.entry(f"tags {ELSEWHERE}")

    assert re.search(r"about \$\d{3} an hour", told["why"])
    assert instant(told["at"]) < instant(tagged["at"]) < instant(story.block(reservation_id=ELSEWHERE)["start"])
    assert story.block(reservation_id=ELSEWHERE)["pool"] == "research"


def test_a_mistake_in_a_tag_is_told_by_name_and_bound_within_two_minutes_of_its_correction(story: Told) -> None:
    told = story.entry("The tags of papers say what cannot be")
    corrected, bound = story.entry("sets the tag"), story.entry(f"binds papers to {ELSEWHERE}")

    assert "'eigth'" in told["why"]
    assert told["severity"] == "warning"
    assert timedelta() < instant(bound["at"]) - instant(corrected["at"]) <= timedelta(minutes=2)


def test_an_extension_moves_the_end_once_it_is_paid_and_the_drain_with_it(story: Told) -> None:
    block = story.block(reservation_id=ELSEWHERE)
    bought = instant(story.entry(f"extension of {ELSEWHERE}, $6,758: bought")["at"])

    assert instant(block["end"]) - instant(block["first_end"]) == timedelta(hours=24)
    assert timedelta(minutes=5) <= instant(block["moved_at"]) - bought <= timedelta(hours=12)
    assert story.size("papers", block["first_end"]) == (8, 8)
    assert instant(block["drain_at"]) - instant(block["end"]) == -timedelta(minutes=40)


def test_an_extension_is_asked_for_and_approved_in_slack_and_its_states_are_told(story: Told) -> None:
    renewal = only(story.seen["renewals"])
    [intent] = renewal["intents"]
    asked, approved = story.entry("clicks 'Extend 1 day"), story.entries("clicks 'Approve $6,758'")[-1]

    assert (renewal["reservation_id"], renewal["hours"], renewal["pool"]) == (ELSEWHERE, "24", "research")
    assert [turn["state"] for turn in intent["turns"]] == [
        *("asked", "approved", "attempting", "bought", "payment pending", "paid"),
    ]
    assert intent["approved_by"] == "slack:T0SIMULATE/U0LEA (Slack)"
    assert (asked["actor"], approved["actor"]) == ("the team lead", "the team lead")
    assert instant(asked["at"]) < instant(approved["at"]) <= instant(intent["attempts"][0]["at"])
    assert re.search(r"│ cr-0f3a9d2c7b5e81644 │ 24 more hours +│ lea \(Slack\) ", story.text)


def test_each_reminder_is_said_once_and_all_move_with_the_end(story: Told) -> None:
    said = [(entry["what"].partition(":")[0], entry["at"][:15]) for entry in story.entries("ends in")]
    of_one = [(what.removeprefix(f"{ELSEWHERE} ends in "), at) for what, at in said if what.startswith(ELSEWHERE)]

    assert len(said) == len({(what, at[:10]) for what, at in said})
    assert of_one == [
        ("1 day", "2027-03-03T11:3"),
        ("14 hours", "2027-03-03T21:3"),
        ("1 day", "2027-03-04T11:3"),
        ("14 hours", "2027-03-04T21:3"),
        ("4 hours", "2027-03-05T07:3"),
        ("2 hours", "2027-03-05T09:3"),
    ]


def posts(story: Told, channel: str) -> list[Mapping[str, Any]]:
    [found] = [each["posts"] for each in story.seen["talk"]["channels"] if each["name"] == channel]
    return list(found)


def test_every_notice_is_in_slack_once_in_the_channel_of_its_pool_and_slack_refuses_nothing(story: Told) -> None:
    notices = [entry["what"] for entry in story.seen["entries"] if entry["severity"]]
    research, others = posts(story, "#gpu-research"), posts(story, "#gpu")
    titles = [each["payload"]["text"] for each in research + others]

    assert story.seen["talk"]["refused"] == []
    assert sorted(re.sub(r"^:\w+: | \(\w{3} \d\d:\d\d CET\)", "", title) for title in titles) == sorted(notices)
    assert all(ELSEWHERE in str(each["payload"]) for each in research)
    # Until the pool's settings name a channel, its notices go to the stack's.
    assert all(each["at"] < "2027-03-02T09:05" for each in others if ELSEWHERE in str(each["payload"]))


def test_whoever_may_not_decide_hears_so_alone_and_the_message_stays_as_it_is(story: Told) -> None:
    asked = only([each for each in posts(story, "#gpu-research") if "To approve" in each["payload"]["text"]])
    tom, lea = asked["clicks"]

    assert (tom["user"], tom["status"], tom["after"]) == ("U0TOM", 200, None)
    assert tom["private"] == "Not approved: slack:T0SIMULATE/U0TOM is not one of the pool's approvers."
    assert (lea["user"], lea["private"]) == ("U0LEA", "")
    assert "*Approved* by <@U0LEA>" in str(lea["after"])
    assert "Only visible to tom" in story.page
    assert '<b>Approved</b> by <span class="mention">@lea</span>' in story.page


def test_a_question_that_was_answered_at_another_door_loses_its_buttons_at_the_next_click(story: Told) -> None:
    asked = only([each for each in posts(story, "#gpu") if "To approve" in each["payload"]["text"]])
    [late] = asked["clicks"]

    assert late["user"] == "U0MIA"
    assert late["private"].startswith("Not approved: the question was answered")
    assert "'type': 'actions'" in str(asked["payload"])
    assert "'type': 'actions'" not in str(late["after"])


def test_the_page_shows_what_slack_received_with_its_buttons_and_who_clicked(story: Told) -> None:
    reminder = only([each for each in posts(story, "#gpu-research") if each["clicks"][:1] and "14 hours" in str(each)])
    buttons = [
        b for a in reminder["payload"]["attachments"] for block in a["blocks"] for b in block.get("elements", ())
    ]

    assert [b["text"]["text"].partition(":")[0] for b in buttons if b["type"] == "button"] == [
        *("Extend 1 day", "New block, 1 day"),
    ]
    assert 'class="button clicked" title="Extend cr-0f3a9d2c7b5e81644 to 2027-03-05 11:30 UTC for at most' in story.page
    assert "<b>lea</b> (the team lead) clicks <q>Extend 1 day: $6,758</q>" in story.page
    for channel in ("#gpu", "#gpu-research"):
        for post in posts(story, channel):
            assert escape(re.sub(r":\w+: ", "", post["payload"]["text"])) in story.page


def test_the_blocks_of_a_pool_are_shown_one_after_the_other(story: Told) -> None:
    first, second = story.block(pool="training", size=8), story.block(pool="training", size=4)

    assert f"{second['reservation_id']} serves too for 20.6 h before, with 4 instances twice" in story.page
    assert story.page.count("<td>nothing follows</td>") == 2
    assert instant(first["drain_at"]) - instant(second["start"]) > timedelta(hours=20)


def test_people_are_told_of_a_drain_the_day_before_and_the_nodes_are_marked_fifty_minutes_before(story: Told) -> None:
    drain_at = instant(story.block(pool="training", size=8)["drain_at"])
    told, marked = story.entry("train-a is drained at 2027-03-03 10:50"), story.entry("marks 8 nodes of cluster")

    assert drain_at - instant(told["at"]) == timedelta(hours=16)  # as the pool's settings say
    assert timedelta(minutes=49) < drain_at - instant(marked["at"]) <= timedelta(minutes=50)


def test_eight_nodes_are_drained_at_the_same_time_and_told_in_three_lines(story: Told) -> None:
    [drain] = story.seen["drains"]
    starts = [instant(node["started"]) for node in drain["nodes"]]

    assert drain["target"] == "train-a"
    assert [node["verdict"] for node in drain["nodes"]] == ["drained"] * 8
    assert max(starts) - min(starts) < timedelta(seconds=2)
    assert sum(len(node["evicted"]) for node in drain["nodes"]) == 25
    assert max(instant(node["ended"]) for node in drain["nodes"][:-1]) < instant(drain["began"]) + timedelta(minutes=3)
    assert story.entry("drains the 8 nodes of train-a at the same time")
    assert story.entry("7 of 8 nodes of train-a are empty: 21 pods evicted")
    assert not story.entries("Drain on")


def test_a_pod_that_a_budget_holds_is_named_in_time_and_goes_once_a_person_gives_way(story: Told) -> None:
    [drain], last = story.seen["drains"], story.seen["drains"][0]["nodes"][-1]
    refused, named = story.entry("refuses to evict run-9/coordinator"), story.entry("will not be drained in time")
    freed, empty = story.entry("sets minAvailable of the budget"), story.entry(f"{last['instance_id']} is empty")
    deadline = instant(drain["began"]) + timedelta(minutes=9)

    assert last["was_told"]
    assert [node["was_told"] for node in drain["nodes"]].count(True) == 1
    assert "PodDisruptionBudget run-9/coordinator" in named["why"]
    assert last["instance_id"] in named["why"]
    assert re.search(r"asked \d\d times until 10:5\d", refused["why"])
    moments = [instant(entry["at"]) for entry in (refused, named, freed, empty)]
    assert moments == sorted(moments)
    assert moments[-1] - moments[-2] < timedelta(seconds=30)
    assert moments[-1] < deadline


def test_the_drain_is_summed_up_in_a_notice_in_the_figures_and_on_the_page(story: Told) -> None:
    closing = story.entry("is empty: 8 of 8 nodes were drained")

    assert "10 minutes of paid time were given up" in closing["why"]
    assert "25 pods or tasks were moved" in closing["why"]
    assert re.search(r"8 of 8  nodes drained cleanly, 0 let go at the deadline", story.text)
    assert re.search(r"│ train-a │ +8 │ +8 │ +0 │ +25 │ .* min │ +10\.00 min │", story.text)
    assert "How the nodes were drained" in story.page
    for node in story.seen["drains"][0]["nodes"]:
        assert f"{node['instance_id']}: drained; evicted: run-9/" in story.page


def test_an_event_of_an_unknown_block_does_no_harm(story: Told) -> None:
    [entry] = story.entries("cr-0badc0ffee0badc0f")

    assert entry["actor"] == "EC2"


def test_the_only_critical_notice_is_of_the_pod_that_a_budget_holds(story: Told) -> None:
    critical = [entry for entry in story.seen["entries"] if entry["severity"] == "critical"]

    assert ["will not be drained in time" in entry["what"] for entry in critical] == [True]


def test_the_text_says_that_it_is_simulated_and_under_which_assumptions(story: Told) -> None:
    assert story.code == 0
    assert "Figures (simulated)" in story.text
    assert re.search(r"EC2 says active after the start +0 s to 5 min", story.text)
    assert story.text.rstrip().splitlines()[-2].endswith("page.html")


# --- the page ---


class Reader(HTMLParser):
    """Notes what a page is made of, and that every element is closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]


@pytest.fixture(scope="module")
def reader(story: Told) -> Reader:
    reader = Reader()
    reader.feed(story.page)
    reader.close()
    return reader


def test_the_page_is_whole_and_needs_nothing_else(story: Told, reader: Reader) -> None:
    links = [*reader.values("href"), *reader.values("src")]

    assert reader.open == []
    assert "<script" not in story.page
    assert links
    assert all(link.startswith("#e") for link in links)
    assert not re.search(r"url\((?!#)|@import", story.page)
    assert len(reader.values("id")) == len(set(reader.values("id")))


def test_every_mark_leads_to_its_line_of_the_timeline(story: Told, reader: Reader) -> None:
    entries = story.seen["entries"]
    marked = {int(link.removeprefix("#e")) for link in reader.values("href")}

    assert all(entries[number]["severity"] or entries[number]["mark"] for number in marked)
    assert {number for number, entry in enumerate(entries) if entry["mark"]} <= marked
    assert [entry["mark"] for entry in entries if entry["mark"]] == [
        *("question", "decision", "purchase"),
        *("decision", "purchase"),
        *("question", "decision", "purchase"),
    ]
    for entry in entries:
        assert f'datetime="{entry["at"][:19]}Z"' in story.page


def test_every_picture_has_a_name_for_those_who_cannot_see_it(reader: Reader) -> None:
    named = {(tag, name) for tag, name, value in reader.attributes if value}

    assert ("svg", "aria-label") in named
    assert reader.values("role").count("img") >= 9  # a band for each block, and two close-ups
    assert [value for tag, name, value in reader.attributes if (tag, name) == ("html", "lang")] == ["en"]


def test_the_timeline_can_be_filtered_by_pool_without_a_script(story: Told, reader: Reader) -> None:
    of_training = sum(entry["pool"] == "training" for entry in story.seen["entries"])

    assert "#f2:checked ~ .scroll tbody tr:not(.p2) { display: none; }" in story.page
    assert [value for tag, name, value in reader.attributes if (tag, name) == ("tr", "class")].count(
        "p2"
    ) == of_training


# --- one's own account ---


def test_own_blocks_and_groups_live_their_future(own: Told) -> None:
    served = {
        block["reservation_id"]: [(t["target"], t["share"]) for t in block["figures"]["targets"]]
        for block in own.seen["blocks"]
        if block["figures"]
    }

    assert own.code == 0
    assert served == {
        "cr-04e9b8d2a6c15f370": [("gpu-next", 8)],
        "cr-0a7f5e1d9b3c26480": [("inference/trn2", 4)],
    }


def test_an_account_of_ones_own_buys_nothing(own: Told) -> None:
    assert (own.seen["requests"], own.seen["sales"], own.seen["budgets"]) == ([], [], [])
    assert "How the blocks were bought" not in own.page
    assert "Money" not in own.text


def test_an_account_of_ones_own_has_no_slack(own: Told) -> None:
    assert (own.seen["talk"]["channels"], own.seen["renewals"]) == ([], [])
    assert "What people saw in Slack" not in own.page
    assert not any(name.startswith("Slack") for name in own.seen["parameters"])


def test_an_account_of_ones_own_has_no_drain_chapter_where_no_group_asks_for_one(own: Told) -> None:
    assert own.seen["drains"] == []
    assert "How the nodes were drained" not in own.page


def test_what_runs_at_the_beginning_runs_on_until_its_block_drains(own: Told) -> None:
    assert own.size("gpu-now", "2027-03-01T10:49:00Z") == (4, 4)
    assert own.size("gpu-now", "2027-03-01T11:00:00Z") == (0, 0)


def test_an_ultraserver_block_of_ones_own_drains_seventy_minutes_before_its_end(own: Told) -> None:
    block = own.block(reservation_id="cr-0a7f5e1d9b3c26480")

    assert instant(block["end"]) - instant(block["drain_at"]) == timedelta(minutes=70)
    assert instant(block["end"]) - instant(block["reclaim_at"]) == timedelta(minutes=60)


def test_what_was_left_out_or_made_up_is_said(own: Told) -> None:
    assert own.seen["notes"] == [
        "Left out, as they are no Capacity Blocks: 1 reservations.",
        "Left out, as they have no tag capacity-blocks:pool: 1 groups.",
        "The launch template gpu-next is in no file: it is taken to launch p5.48xlarge, as a block of its pool.",
        "The launch template trn2 is in no file: it is taken to launch trn2u.48xlarge, as a block of its pool.",
        "The subnet subnet-0e3a5c7b9d1f40682 of gpu-next is in no file: it is taken to be in us-east-2b.",
    ]
    assert all(note in " ".join(own.text.split()) for note in own.seen["notes"])


def reservations(**changed: object) -> dict[str, Any]:
    """A file with one block of three hours, after a sample of AWS ParallelCluster."""
    block = {
        "CapacityReservationId": "cr-0123456789abcdef0",
        "OwnerId": "447714826191",
        "AvailabilityZoneId": "use2-az1",
        "InstanceType": "p5.48xlarge",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": "us-east-2a",
        "Tenancy": "default",
        "TotalInstanceCount": 0,
        "AvailableInstanceCount": 0,
        "State": "pending",
        "StartDate": "2027-03-02T11:30:00+00:00",
        "EndDate": "2027-03-02T14:30:00+00:00",
        "CreateDate": "2027-02-20T12:03:21+00:00",
        "Tags": [{"Key": "aws:ec2capacityreservation:incrementalRequestedQuantity", "Value": "4"}],
        "ReservationType": "capacity-block",
        **changed,
    }
    return {"CapacityReservations": [{name: value for name, value in block.items() if value is not None}]}


def test_the_same_seed_gives_the_same_bytes_on_another_machine(tmp_path: Path) -> None:
    blocks = tmp_path / "blocks.json"
    blocks.write_text(json.dumps(reservations()))

    def told(name: str, **environment: str) -> Iterator[bytes]:
        files = [tmp_path / f"{name}.html", tmp_path / f"{name}.json"]
        command = [sys.executable, "-m", "simulator.demo", "--load", str(blocks), "--from", "2027-03-02T11:00Z"]
        command += ["--seed", "7", "--html", str(files[0]), "--json", str(files[1])]
        done = subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
        yield done.stdout.replace(str(tmp_path / name).encode(), b"")
        yield from (file.read_bytes() for file in files)

    first = list(told("a", PYTHONHASHSEED="1", TZ="UTC"))
    second = list(told("b", PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C.UTF-8"))

    assert first == second


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("{", r"blocks.json: is not JSON", id="no JSON"),
        pytest.param([], r"blocks.json: is a list; right: the whole output of the AWS CLI, without --query", id="list"),
        pytest.param(
            {"Reservations": []}, r'holds "Reservations"; right is .*describe-capacity-reservations', id="another call"
        ),
        pytest.param({"CapacityReservations": {}}, r"CapacityReservations is an object; right: a list", id="no list"),
        pytest.param(
            reservations(State="sheduled"),
            r'CapacityReservations\[0\]\.State is "sheduled"; right: one of payment-pending, scheduled, active',
            id="wrong state",
        ),
        pytest.param(
            reservations(EndDate=None),
            r'CapacityReservations\[0\]\.EndDate is missing; right: an instant such as "2027-',
            id="no end",
        ),
        pytest.param(
            reservations(StartDate="tomorrow"),
            r'CapacityReservations\[0\]\.StartDate is "tomorrow"; right: an instant such as "2027-',
            id="no date",
        ),
        pytest.param(
            reservations(Tags=[]),
            r"cr-0123456789abcdef0: .*neither the count nor the tag .*incrementalRequestedQuantity says its size",
            id="no size",
        ),
        pytest.param(
            reservations(EndDate="2026-03-02T14:30:00+00:00"),
            r"no CapacityReservations with ReservationType capacity-block that ends after 2027-03-02 11:00 UTC",
            id="over",
        ),
        pytest.param(
            {"AutoScalingGroups": [{"AutoScalingGroupName": "a", "MinSize": 0, "MaxSize": "8"}]},
            r'AutoScalingGroups\[0\]\.MaxSize is "8"; right: a number, 0 or more, as aws autoscaling describe-auto-s',
            id="a size in quotes",
        ),
        pytest.param(
            {"nodegroup": {"nodegroupName": "n", "clusterName": "c"}},
            r"nodegroup\.nodegroupArn is missing; right: the node group's ARN, as aws eks describe-nodegroup writes it",
            id="half a node group",
        ),
    ],
)
def test_a_file_that_cannot_be_played_is_refused_by_name_key_and_what_would_be_right(
    content: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "blocks.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))

    code = main(["--load", str(path), "--from", "2027-03-02T11:00Z", "--html", str(tmp_path / "page.html")])

    assert code == 2
    error = capsys.readouterr().err
    assert re.search(said, error)
    assert error.startswith("simulator.demo: ")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--load", str(tmp_path / "none.json")]) == 2
    assert "none.json: cannot be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "soon"], "'soon' is no date; right: one such as 2027-03-01T09:00Z"),
        (["--parameters", "ObserveOnly"], "'ObserveOnly' is no parameter; right: one such as DrainLeadMinutes=45"),
        (["--seed", "x"], "invalid int value: 'x'"),
    ],
)
def test_a_wrong_argument_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert said in capsys.readouterr().err


def test_a_parameter_that_the_stack_lacks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--parameters", "DrainLead=45", "--html", str(tmp_path / "page.html")])

    assert code == 2
    assert "DrainLead" in capsys.readouterr().err
