"""From a reminder in Slack to more time by clicks alone: a button asks, the question is answered, the end moves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from simulator.slack import Posted, Slack, click, serving
from simulator.slack.workspace import TEAM
from tests.e2e.purchase_stage import MONEY, QUICK, Buyer
from tests.e2e.stage import END, Stage, staged

ADA, EVE = "U0ADA", "U0EVE"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    stage: Stage
    slack: Slack
    block: str

    def click(self, posted: Posted, label: str, user: str = ADA) -> None:
        request = click(self.slack, posted, label, user, self.stage.world.now)
        answer = self.stage.world.call_url("ReceiveSlackFunction", request.body, headers=request.headers)
        assert answer.status == 200
        self.stage.run_until(self.stage.world.now + 2 * MINUTE)

    def message(self, words: str) -> Posted:
        """The last message whose title holds these words, as it now stands."""
        return [each for each in self.slack.workspace.messages if words in each.title][-1]

    def private(self) -> list[str]:
        replies = [reply.payload for reply in self.slack.workspace.replies]
        return [str(each["text"]) for each in replies if each.get("response_type") == "ephemeral"]


@contextmanager
def reminded() -> Iterator[Renewal]:
    """Have a block four hours before its end, of which Slack has just been told."""
    with serving() as slack:
        parameters = {"EnablePurchases": "true", **slack.parameters()}
        with staged(parameters=parameters, assumptions=QUICK, without=()) as stage:
            slack.keep_secrets(stage.client("secretsmanager"))
            Buyer(stage=stage).put("/capacity-blocks/spending", "on")
            stage.settings("training", json.dumps({"money": {**MONEY, "approvers": [f"slack:{TEAM}/{ADA}"]}}))
            block = stage.block()
            stage.group()
            stage.run_until(END - 4 * HOUR + 10 * MINUTE)
            yield Renewal(stage=stage, slack=slack, block=block)
            assert slack.workspace.refused == []
            assert stage.failures() == []


def test_a_block_is_extended_by_clicks_alone() -> None:
    with reminded() as renewal:
        reminder = renewal.message("ends in 4 hours")
        labels = [button["text"]["text"] for button in reminder.buttons]
        assert [label for label in labels if label.startswith("Extend 1 day: $")]

        renewal.click(reminder, "Extend 1 day", EVE)
        assert renewal.private()[0].startswith(f"slack:{TEAM}/{EVE} is not one of pool training's approvers")

        renewal.click(reminder, "Extend 1 day")
        after = renewal.message("ends in 4 hours")
        assert "Extend 1 day" not in " ".join(button["text"]["text"] for button in after.buttons)
        assert f"*Asked for* by <@{ADA}>" in after.words

        renewal.click(reminder, "Extend 1 day")  # by somebody whose screen has not followed
        assert renewal.private()[-1].startswith("It was asked for by this message already")

        question = renewal.message("To approve")
        assert question.thread_ts == reminder.thread_ts
        renewal.click(question, "Approve")
        assert f"*Approved* by <@{ADA}>" in renewal.message("To approve").words
        renewal.stage.run_until(END - 3 * HOUR)

        [found] = renewal.stage.engine().look("DescribeCapacityReservations")["CapacityReservations"]
        assert found["EndDate"] == END + timedelta(days=1)
        assert len(renewal.stage.engine().extensions) == 1
        assert renewal.stage.kinds().count("extension-asked") == 1
