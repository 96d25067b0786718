"""People in Slack are told everything, in their channel, at a pace that Slack allows, whatever goes wrong."""

import json
from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.core.notice import Choice, Severity
from simulator.faults import Fault, Faults, Strike
from simulator.world import REMINDERS
from tests.e2e.slack_stage import CHANNEL, FUNCTION, OTHER, SECOND, ending, routed, telling
from tests.e2e.stage import MINUTE, START

MANY, SOME = 256, 40
IDS = [f"cr-{number:017x}" for number in range(MANY)]


def test_the_life_of_a_block_is_a_thread_that_begins_with_its_first_notice() -> None:
    with telling(without=REMINDERS) as told:
        block = told.stage.block()
        told.stage.group()
        told.stage.run_until(START + 6 * MINUTE)
        root, *others = told.messages
        sent = told.stage.notices()

        assert len(sent) >= 2
        assert [posted.payload["blocks"][0]["text"]["text"] for posted in told.messages] == [n["title"] for n in sent]
        assert all(block in posted.words for posted in told.messages)
        assert root.thread_ts is None
        assert {posted.thread_ts for posted in others} == {root.ts}
        assert told.stage.failures() == []
        assert told.waiting() == 0


@pytest.mark.parametrize(
    ("changes", "within"),
    [
        ({"severity": Severity.CRITICAL}, 8 * SECOND),
        ({"kind": "purchase-asked"}, 8 * SECOND),
        ({"severity": Severity.WARNING}, 2 * MINUTE),
    ],
    ids=["critical", "a question", "anything else"],
)
def test_what_people_wait_for_is_in_slack_within_seconds(changes: dict[str, Any], within: timedelta) -> None:
    with telling() as told:
        told.stage.run_for(minutes=1, seconds=30)
        begun = told.stage.world.now
        told.publish(ending(1, **changes))
        told.stage.run_for(minutes=2)

        [posted] = told.messages
        assert posted.at - begun < within


@pytest.mark.parametrize(("webhook", "count"), [(False, MANY), (True, SOME)], ids=["bot", "webhook"])
def test_blocks_that_end_together_are_one_message_and_no_burst_of_runs(webhook: bool, count: int) -> None:
    with telling(webhook=webhook) as told:
        told.publish(*(ending(number, severity=Severity.CRITICAL) for number in range(count)))
        told.stage.run_for(minutes=3)

        [posted] = told.messages
        assert posted.title == f":rotating_light: {count} notices: {count} critical"
        assert len(told.stage.world.functions.invocations) <= 4
        assert (told.waiting(), told.dead()) == (0, 0)


def test_each_channel_has_its_own_digest_in_its_own_time() -> None:
    with telling() as told:
        told.stage.settings(*routed("other", channel=OTHER, time_zone="Europe/Berlin"))
        told.publish(*(ending(number, pool=("training", "other")[number % 2]) for number in range(SOME)))
        told.stage.run_for(minutes=3)

        assert sorted((posted.channel, posted.title) for posted in told.messages) == [
            (OTHER, "20 notices: 20 info"),
            (CHANNEL, "20 notices: 20 info"),
        ]
        assert ["10:50 UTC (Sun 11:50 CET)" in posted.words for posted in told.messages] == [
            posted.channel == OTHER for posted in told.messages
        ]


TROUBLE = {
    "256 and 429, by bot": (False, MANY, 429, MINUTE),
    "256 and 500, by bot": (False, MANY, 500, None),
    "40 and 429, by webhook": (True, SOME, 429, 10 * SECOND),
    "a few and 429, one minute": (False, 4, 429, MINUTE),
    "a few and 429 without a word": (True, 4, 429, None),
    "a few and 503": (False, 4, 503, None),
}


@pytest.mark.parametrize(("webhook", "count", "status", "after"), TROUBLE.values(), ids=TROUBLE.keys())
def test_nothing_is_lost_while_slack_answers_otherwise_for_ten_minutes(
    webhook: bool, count: int, status: int, after: timedelta | None
) -> None:
    with telling(webhook=webhook) as told:
        told.workspace.trouble(status, lasting=10 * MINUTE, retry_after=after)
        told.publish(*(ending(number) for number in range(count)))
        told.stage.run_for(minutes=13)
        attempts = [at for at in told.workspace.attempts if at < told.stage.world.now - 3 * MINUTE]

        assert len(told.messages) == (1 if count >= SOME else count)
        assert sum("notices:" in posted.title for posted in told.messages) == (count >= SOME)
        assert (told.waiting(), told.dead()) == (0, 0)
        assert told.fastest() >= SECOND
        # It is left alone. What it fails on again and again is tried without blocks too, a second later.
        forms = {429: 1}.get(status, 2)
        assert len(attempts) <= forms * 10 * MINUTE / (after or 45 * SECOND) + 2
        assert told.stage.failures() == []


def test_what_comes_while_slack_is_away_is_told_with_the_rest() -> None:
    with telling() as told:
        told.workspace.trouble(500, lasting=10 * MINUTE)
        for number in range(20):
            told.publish(ending(number))
            told.stage.run_for(seconds=30)
        told.stage.run_for(minutes=3)

        assert all(count == 1 for count in told.told(IDS[3:20]).values())
        assert told.waiting() == 0


FAULTS = {
    "the hint is lost": Strike(fault=Fault.CRASH_BEFORE, at="dynamodb.PutItem", caller=FUNCTION),
    "the hint comes twice": Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=FUNCTION, nth=None),
    "it is run again": Strike(fault=Fault.INVOKED_TWICE_IN_A_ROW, at=FUNCTION, nth=None),
    "crash after the turn is taken": Strike(fault=Fault.CRASH_AFTER, at="dynamodb.PutItem", caller=FUNCTION),
    "crash with letters in hand": Strike(fault=Fault.CRASH_AFTER, at="sqs.ReceiveMessage", caller=FUNCTION),
    "crash before deleting": Strike(fault=Fault.CRASH_BEFORE, at="sqs.DeleteMessageBatch", caller=FUNCTION),
    "crash after deleting": Strike(fault=Fault.CRASH_AFTER, at="sqs.DeleteMessageBatch", caller=FUNCTION),
    "deleting is refused": Strike(fault=Fault.DENIED, at="sqs.DeleteMessageBatch", caller=FUNCTION),
    "the answer to deleting is lost": Strike(fault=Fault.REPLY_LOST, at="sqs.DeleteMessageBatch", caller=FUNCTION),
    "what was received is lost on the way": Strike(fault=Fault.REPLY_LOST, at="sqs.ReceiveMessage", caller=FUNCTION),
    "no settings": Strike(fault=Fault.THROTTLE, at="ssm.GetParametersByPath", caller=FUNCTION, times=9),
    "no secret": Strike(fault=Fault.DENIED, at="secretsmanager.GetSecretValue", caller=FUNCTION, times=2),
    "no ledger": Strike(fault=Fault.SERVER_ERROR_BEFORE, at="dynamodb.*", caller=FUNCTION, times=9),
    "no queue": Strike(fault=Fault.SERVER_ERROR_BEFORE, at="sqs.*", caller=FUNCTION, times=9),
}


@pytest.mark.parametrize("strike", FAULTS.values(), ids=FAULTS.keys())
def test_no_single_fault_loses_a_notice_and_a_crash_repeats_one_at_most_once(strike: Strike) -> None:
    with telling(faults=Faults(strike)) as told:
        told.publish(*(ending(number, severity=Severity.CRITICAL) for number in range(3)))
        told.stage.run_for(minutes=12)
        counts = told.told(IDS[:3])

        assert told.stage.world.journal.of("fault")
        assert min(counts.values()) == 1
        assert sum(counts.values()) <= 4
        assert (told.waiting(), told.dead()) == (0, 0)


def test_a_channel_without_the_app_is_told_of_and_its_notices_go_to_the_stacks() -> None:
    with telling() as told:
        told.stage.settings(*routed("other", channel="C0NOWHERE"))
        told.publish(ending(1, pool="other"))
        told.stage.run_for(minutes=2)

        assert [posted.channel for posted in told.messages] == [CHANNEL]
        [failure] = set(told.stage.failures())
        assert "C0NOWHERE: channel_not_found; its notices went to C0SIMULATE" in failure
        assert [why for _, why in told.workspace.refused] == ["channel_not_found: C0NOWHERE"]
        told.workspace.refused.clear()


def test_alarms_and_the_words_of_others_are_told_too() -> None:
    alarm = {
        "AlarmName": "MissedSweepAlarm",
        "AlarmDescription": "Look at the sweep.",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: no datapoints",
        "StateChangeTime": "2027-03-20T11:00:00.000+0000",
    }
    with telling() as told:
        sns, topic = told.stage.client("sns"), told.stage.world.physical_id("Topic")
        sns.publish(TopicArn=topic, Message=json.dumps(alarm), Subject="ALARM: MissedSweepAlarm")
        sns.publish(TopicArn=topic, Message="Lunch is ready.", Subject="Lunch")
        told.stage.run_for(minutes=2)

        assert [posted.title for posted in told.messages] == [":rotating_light: Alarm: MissedSweepAlarm", "Lunch"]
        assert "<!here>" in told.messages[0].words


def test_a_question_has_buttons_where_somebody_hears_them() -> None:
    choice = Choice(label="Approve", value=(("intent_id", "i-1"), ("decision", "approve")))
    for signing, buttons in (("", []), (None, ["Approve"])):
        parameters = {} if signing is None else {"SlackSigningSecretArn": signing}
        with telling(parameters=parameters) as told:
            told.publish(ending(1, severity=Severity.WARNING, choices=(choice,)))
            told.stage.run_for(minutes=2)

            assert [button["text"]["text"] for button in told.messages[0].buttons] == buttons


def test_without_slack_everything_goes_by_the_topic_alone() -> None:
    with telling(parameters={"SlackSecretArn": "", "SlackSigningSecretArn": ""}) as told:
        told.publish(ending(1))
        told.stage.run_for(minutes=2)

        assert told.workspace.attempts == []
        assert [notice.facts["kind"] for notice in told.stage.world.notices] == ["drain-ahead"]


def test_amazon_q_gets_each_notice_in_its_own_form() -> None:
    with telling(parameters={"SlackSecretArn": "", "SlackSigningSecretArn": "", "AmazonQ": "true"}) as told:
        told.publish(ending(1), ending(2))
        told.stage.run_for(minutes=1)
        topic = told.stage.world.physical_id("AmazonQTopic").rpartition(":")[2]
        sent = [json.loads(notice.text) for notice in told.stage.world.notices if notice.topic == topic]

        assert sorted(one["metadata"]["threadId"] for one in sent) == IDS[1:3]
        assert all((one["version"], one["source"]) == ("1.0", "custom") for one in sent)
        assert told.stage.failures() == []
