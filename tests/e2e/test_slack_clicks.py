"""Buttons in Slack, from the click to the paid block: what counts, what does not, and what people are shown."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from capacity_blocks.core.publication import parse
from capacity_blocks.core.slack import telling
from capacity_blocks.core.slack.route import Route
from simulator.faults import Fault, Faults, Strike
from simulator.function_url import UrlAnswer
from simulator.sandbox import Sandboxes
from simulator.slack import ClickRequest, Posted, Slack, click, serving, signed
from simulator.slack.workspace import TEAM, TOKEN
from tests.e2e.purchase_stage import FEE, PAID, SANDBOXES, Buyer, buyer

ADA, BEN, EVE = "U0ADA", "U0BEN", "U0EVE"
BY_ADA, BY_BEN = (f"slack:{TEAM}/{user}" for user in (ADA, BEN))
OK = UrlAnswer(status=200, body="", headers={"content-type": "application/json", "cache-control": "no-store"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People in a workspace of Slack, before a question in their channel."""

    buyer: Buyer
    slack: Slack

    def ask(self) -> None:
        """Start a request, and have its question in the channel as everybody sees it."""
        self.buyer.start()
        self.buyer.wait(minutes=1)
        self.show()

    def show(self) -> None:
        """Post the last question as the product lays it out."""
        [*_, asked] = self.buyer.stage.notices("purchase-asked")
        now = self.buyer.stage.world.now
        published = parse({"MessageId": "one", "Timestamp": now.isoformat(), "Message": json.dumps(asked)})
        message = telling.message(published, Route(channel=None, mentions={}, time_zone=UTC), buttons=True)
        body = {"channel": self.slack.workspace.hook_channel, **message.payload()}
        assert json.loads(self.slack.workspace.answer("chat.postMessage", f"Bearer {TOKEN}", body).body)["ok"]

    def request(self, label: str = "Approve", user: str = ADA, posted: Posted | None = None) -> ClickRequest:
        return click(self.slack, posted or self.message, label, user, self.buyer.stage.world.now)

    def send(self, request: ClickRequest) -> UrlAnswer:
        """Send what Slack sends, and let what it starts come to its end."""
        world = self.buyer.stage.world
        answer = world.call_url("ReceiveSlackFunction", request.body, headers=request.headers)
        world.run_for(timedelta(seconds=5))
        return answer

    def click(self, label: str = "Approve", user: str = ADA, posted: Posted | None = None) -> None:
        assert self.send(self.request(label, user, posted)) == OK

    @property
    def message(self) -> Posted:
        """The question as it now stands in the channel."""
        return self.slack.workspace.messages[-1]

    @property
    def labels(self) -> list[str]:
        return [button["text"]["text"].split()[0] for button in self.message.buttons]

    @property
    def said(self) -> str:
        """What stands there of answers."""
        found = [each for each in self.message.blocks if str(each.get("block_id", "")).startswith("answered-")]
        return str(found[-1]["text"]["text"]) if found else ""

    @property
    def private(self) -> list[str]:
        replies = [reply.payload for reply in self.slack.workspace.replies]
        return [str(each["text"]) for each in replies if each.get("response_type") == "ephemeral"]

    def runs(self, function: str) -> int:
        world = self.buyer.stage.world
        return sum(run.function.logical_id == function for run in world.functions.invocations)


@contextmanager
def team(sandboxes: Sandboxes = SANDBOXES, faults: Faults | None = None, **money: Any) -> Iterator[Team]:
    with serving() as slack:
        named = {name: slack.parameters()[name] for name in ("SlackSigningSecretArn", "SlackReplyUrl")}
        with buyer(parameters=named, sandboxes=sandboxes, faults=faults) as person:
            slack.keep_secrets(person.stage.client("secretsmanager"))
            person.money(**({"approvers": [BY_ADA, BY_BEN]} | money))
            yield Team(buyer=person, slack=slack)
            person.wait(hours=1)  # every story comes to an end
            assert slack.workspace.refused == []


def test_a_block_is_bought_by_one_click() -> None:
    with team() as people:
        people.ask()
        assert people.labels == ["Approve", "Reject"]
        people.click()
        assert people.said == f"*Approved* by <@{ADA}>, 2027-03-20 10:41 UTC."
        assert (people.labels, people.private) == ([], [])

        people.buyer.wait(minutes=8)
        [intent] = people.buyer.intents()
        assert (intent["state"], [each["by"] for each in intent["approvals"]]) == ("paid", [BY_ADA])
        assert (people.buyer.told(), people.buyer.sold()) == (PAID, 1)


def test_one_no_in_slack_is_enough() -> None:
    with team() as people:
        people.ask()
        people.click("Reject")
        people.buyer.wait(minutes=5)

        assert people.said == f"*Rejected*: rejected by <@{ADA}>, 2027-03-20 10:41 UTC."
        assert (people.buyer.states(), people.buyer.sold()) == (["rejected"], 0)
        assert people.buyer.book() == [(FEE, "released")]


def test_two_people_approve_one_after_the_other_and_the_message_follows() -> None:
    with team(two_approvers_above="1000") as people:
        people.ask()
        people.click()
        assert people.said == f"*Approved* by <@{ADA}>, 2027-03-20 10:41 UTC. It takes another person."
        assert people.labels == ["Approve", "Reject"]

        people.click()
        assert people.private == ["You have approved this already; another person is needed."]
        people.click(user=BEN)
        assert people.said == (f"*Approved* by <@{ADA}>, 2027-03-20 10:41 UTC and by <@{BEN}>, 2027-03-20 10:41 UTC.")
        people.buyer.wait(minutes=8)
        assert (people.buyer.states(), people.labels) == (["paid"], [])


def test_a_click_by_somebody_who_is_not_listed_is_answered_privately_and_changes_nothing() -> None:
    with team() as people:
        people.ask()
        before = people.message
        people.click(user=EVE)
        people.buyer.wait(minutes=5)

        assert people.private == [f"Not approved: slack:{TEAM}/{EVE} is not one of the pool's approvers."]
        assert (people.message, people.buyer.states(), people.buyer.sold()) == (before, ["asked"], 0)


def test_a_late_click_is_answered_privately_and_the_message_shows_that_it_is_over() -> None:
    with team() as people:
        people.ask()
        before = people.message
        people.buyer.wait(minutes=40)  # the block starts in ten minutes
        people.click(posted=before)

        assert len(people.private) == 1
        assert people.private[0].startswith("Not approved: ")
        assert (people.labels, people.buyer.sold()) == ([], 0)


def test_a_request_that_is_sent_again_answers_once() -> None:
    with team(two_approvers_above="1000") as people:
        people.ask()
        request = people.request()
        assert [people.send(request) for _ in range(3)] == [OK] * 3

        [intent] = people.buyer.intents()
        assert (intent["state"], [each["by"] for each in intent["approvals"]]) == ("asked", [BY_ADA])
        assert people.buyer.told() == ["purchase-asked", "purchase-heard"]


@pytest.mark.parametrize("fault", [Fault.INVOKED_TWICE_AT_ONCE, Fault.INVOKED_TWICE_IN_A_ROW])
def test_a_click_that_lambda_runs_twice_answers_once(fault: Fault) -> None:
    with team(faults=Faults(Strike(fault=fault, at="DecideInSlackFunction"))) as people:
        people.ask()
        people.click()
        people.buyer.wait(minutes=8)

        assert people.runs("DecideInSlackFunction") == 2
        assert (people.buyer.told(), people.buyer.sold()) == (PAID, 1)
        assert people.said.startswith(f"*Approved* by <@{ADA}>, 2027-03-20 10:41 UTC.")


FORGED: dict[str, tuple[Callable[[ClickRequest, datetime], ClickRequest], int]] = {
    "somebody else": (lambda sent, now: replace(sent, body=sent.body.replace(ADA.encode(), BEN.encode())), 401),
    "another secret": (lambda sent, now: replace(sent, headers=signed(sent.body, now, "a guess")), 401),
    "stale": (lambda sent, now: replace(sent, headers=signed(sent.body, now - timedelta(minutes=6))), 401),
    "of the future": (lambda sent, now: replace(sent, headers=signed(sent.body, now + timedelta(minutes=6))), 401),
    "unsigned": (lambda sent, now: replace(sent, headers={}), 401),
    "no form": (lambda sent, now: replace(sent, headers={**sent.headers, "Content-Type": "application/json"}), 400),
}


def test_what_slack_did_not_send_reaches_nobody() -> None:
    with team() as people:
        people.ask()
        now, sent = people.buyer.stage.world.now, people.request()
        answers = {case: people.send(forge(sent, now)).status for case, (forge, _) in FORGED.items()}
        assert answers == {case: status for case, (_, status) in FORGED.items()}

        people.buyer.wait(minutes=5)
        assert people.runs("DecideInSlackFunction") == 0
        assert (people.buyer.states(), people.buyer.sold()) == (["asked"], 0)


def test_without_the_secret_nobody_is_believed() -> None:
    with team(Sandboxes()) as people:  # a function that has started anew, and remembers none
        people.ask()
        secrets = people.buyer.stage.client("secretsmanager")
        secrets.delete_secret(SecretId="slack-signing-simulated", ForceDeleteWithoutRecovery=True)

        assert people.send(people.request()).status == 502
        assert (people.runs("DecideInSlackFunction"), people.buyer.states()) == (0, ["asked"])
