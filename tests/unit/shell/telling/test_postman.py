"""Everything that waits is told, in order, at Slack's pace, whatever Slack answers meanwhile."""

from datetime import timedelta
from itertools import pairwise

import pytest

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.slack.route import Route, Routes
from capacity_blocks.telling.postman import Report
from capacity_blocks.telling_ports import NotNowError, NotTakenError, TooOftenError
from tests.fakes.failing import unclear
from tests.unit.shell.telling.stage import MINUTE, NOW, SECOND, TIMEOUT, Stage


def test_a_notice_is_told_at_once_and_deleted() -> None:
    stage = Stage()
    stage.publish()

    assert stage.run() == Report(outcome="all told", messages=1, notices=1)
    assert [(sent.text, sent.channel, sent.at - NOW) for sent in stage.poster.sent] == [
        ("notice 0", "C0STACK", 3 * SECOND)
    ]
    assert stage.letters.waiting == []


def test_a_hint_that_comes_before_its_message_waits_for_it() -> None:
    stage = Stage()
    stage.publish(after=2 * SECOND)

    assert stage.run().notices == 1


def test_most_minutes_nothing_waits_and_nothing_is_written() -> None:
    stage = Stage()

    assert stage.run(if_any_waits=True) == Report(outcome="nothing waits")
    assert stage.ledger.turn is None


def test_one_run_at_a_time_tells() -> None:
    stage = Stage()
    stage.publish()
    stage.ledger.take_turn("another", NOW, NOW + MINUTE)

    assert stage.run() == Report(outcome="it is not our turn")
    assert stage.poster.sent == []
    stage.clock.sleep_until(NOW + MINUTE)
    assert stage.run().outcome == "all told"


def test_a_run_that_was_killed_blocks_the_others_no_longer_than_it_could_have_lasted() -> None:
    stage = Stage()
    stage.publish()
    stage.ledger.take_turn("killed", NOW, NOW + TIMEOUT)

    assert stage.each_minute(4)[-1].outcome == "all told"


def test_the_turn_is_given_back() -> None:
    stage = Stage()
    stage.publish()
    stage.run()

    assert stage.ledger.take_turn("next", stage.clock.now(), stage.clock.now() + MINUTE)


def test_what_comes_while_others_are_told_is_told_in_the_same_run() -> None:
    stage = Stage()
    stage.publish(3)
    stage.publish(2, first=10, after=4 * SECOND)

    assert stage.run() == Report(outcome="all told", messages=5, notices=5)


@pytest.mark.parametrize("pool", ["training", "other"])
def test_no_channel_gets_more_than_one_message_a_second(pool: str) -> None:
    stage = Stage()
    stage.publish(5, pool=pool)
    stage.run()

    times = [sent.at for sent in stage.poster.sent]
    assert len(times) == 5
    assert all(later - earlier >= SECOND for earlier, later in pairwise(times))


def test_channels_do_not_wait_for_each_other() -> None:
    stage = Stage()
    stage.publish(1, pool="training")
    stage.publish(1, first=1, pool="other")
    stage.run()

    assert len({sent.at for sent in stage.poster.sent}) == 1


def test_blocks_that_end_together_are_one_message_for_each_channel() -> None:
    stage = Stage()
    stage.publish(256)
    stage.publish(30, first=300, pool="other")

    assert stage.run() == Report(outcome="all told", messages=2, notices=286)
    assert [(sent.channel, sent.text) for sent in stage.poster.sent] == [
        ("C0STACK", "256 notices: 256 info"),
        ("C0OTHER", "30 notices: 30 info"),
    ]


def test_a_burst_that_takes_half_a_minute_is_one_message_all_the_same() -> None:
    stage = Stage()
    for n in range(60):
        stage.publish(4, first=n * 4, after=n * SECOND / 2)

    assert stage.run() == Report(outcome="all told", messages=1, notices=240)


def test_the_first_of_a_few_does_not_wait_for_ever_for_the_last() -> None:
    stage = Stage()
    for n in range(5):
        stage.publish(1, first=n, after=2 * n * SECOND + n * 4 * SECOND)
    for n in range(8, 40):  # and then more of them, of which none is waited for
        stage.publish(1, first=n, after=n * 2.9 * SECOND)
    stage.run()

    assert stage.poster.sent[0].at - NOW <= 23 * SECOND


# --- when Slack does not answer --------------------------------------------


def test_slack_is_left_alone_for_as_long_as_it_asks_for() -> None:
    stage = Stage()
    stage.publish()
    stage.poster.refusals = [TooOftenError("429", timedelta(seconds=17))]

    assert stage.run().outcome == "all told"
    assert stage.poster.asked[1] - stage.poster.asked[0] == timedelta(seconds=17)


def test_a_long_wait_is_waited_for_by_later_runs() -> None:
    stage = Stage(routes=Routes(default=Route(channel="C0STACK")))
    stage.publish()
    stage.poster.refusals = [TooOftenError("429", 5 * MINUTE)]

    assert stage.run().outcome == "Slack takes nothing now"
    stage.publish(1, first=1)
    assert [report.outcome for report in stage.each_minute(5)] == ["it is not our turn"] * 5
    stage.each_minute(2)
    assert [sent.at - stage.poster.asked[0] >= 5 * MINUTE for sent in stage.poster.sent] == [True, True]


@pytest.mark.parametrize("count", [1, 5, 256])
def test_nothing_is_lost_while_slack_fails_for_ten_minutes(count: int) -> None:
    stage = Stage()
    stage.publish(count)
    stage.poster.refusals = [NotNowError("500")] * 10
    reports = stage.each_minute(15)

    assert sum(report.notices for report in reports) == count
    assert stage.letters.waiting == []
    begun = [later for earlier, later in pairwise([NOW, *stage.poster.asked[:10]]) if later - earlier > SECOND]
    assert min(later - earlier for earlier, later in pairwise(begun)) >= 45 * SECOND
    assert len(stage.poster.sent) == (1 if count == 256 else count)


def test_a_message_that_slack_always_fails_on_is_told_plainly() -> None:
    stage = Stage()
    stage.poster.failing = {"notice 0": False}
    stage.publish(3)
    reports = stage.each_minute(6)

    assert sum(report.notices for report in reports) == 3
    assert {sent.text.split("\n")[0]: sent.with_blocks for sent in stage.poster.sent} == {
        "notice 0": False,
        "notice 1": True,
        "notice 2": True,
    }


@pytest.mark.parametrize("count", [1, 4])
def test_messages_that_slack_fails_on_in_any_form_hold_nobody_up(count: int) -> None:
    stage = Stage()
    stage.poster.failing = {f"notice {n}": True for n in range(count)}
    stage.publish(count + 1)
    stage.each_minute(10)

    assert [sent.text for sent in stage.poster.sent] == [f"notice {count}"]
    for late in range(100, 105):
        begun = stage.clock.now()
        stage.publish(1, first=late, severity=Severity.CRITICAL)
        stage.each_minute(2)
        assert stage.poster.sent[-1].text == f":rotating_light: notice {late}"
        assert stage.poster.sent[-1].at - begun <= MINUTE + 5 * SECOND
    assert len(stage.letters.waiting) == count


def test_a_busy_channel_silences_no_other_one() -> None:
    stage = Stage()
    stage.poster.busy = {"C0STACK": NOW + 10 * MINUTE}
    stage.publish(1)
    stage.publish(1, first=1, pool="other", severity=Severity.CRITICAL)
    first = stage.run()

    assert first == Report(outcome="held back: C0STACK", messages=1, notices=1)
    stage.publish(1, first=2, pool="other")
    assert stage.run().notices == 1
    assert [sent.channel for sent in stage.poster.sent] == ["C0OTHER", "C0OTHER"]
    stage.each_minute(12)
    assert [sent.channel for sent in stage.poster.sent] == ["C0OTHER", "C0OTHER", "C0STACK"]


def test_others_do_not_wait_for_a_channel_that_is_busy_for_a_moment() -> None:
    stage = Stage()
    stage.poster.busy = {"C0STACK": NOW + 20 * SECOND}
    stage.publish(3)
    stage.publish(2, first=3, pool="other")

    assert stage.run() == Report(outcome="all told", messages=5, notices=5)
    assert [(sent.channel, (sent.at - NOW) // SECOND * SECOND) for sent in stage.poster.sent] == [
        ("C0OTHER", 3 * SECOND),
        ("C0OTHER", 4 * SECOND),
        ("C0STACK", 20 * SECOND),
        ("C0STACK", 21 * SECOND),
        ("C0STACK", 22 * SECOND),
    ]


def test_a_run_does_not_wait_again_and_again_for_a_channel_that_takes_nothing() -> None:
    stage = Stage()
    stage.publish(1)
    stage.poster.refusals = [TooOftenError("429", 20 * SECOND)] * 3

    assert stage.run().outcome == "held back: C0STACK"
    assert stage.clock.now() - NOW < MINUTE


def test_what_is_told_stays_told_when_slack_fails_half_way() -> None:
    stage = Stage()
    stage.publish(4)
    original = stage.poster.post

    def post(*args: object, **kwargs: object) -> str | None:
        if len(stage.poster.sent) == 2 and len(stage.poster.asked) == 2:
            stage.poster.refusals = [NotNowError("500")]
        return original(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are

    stage.poster.post = post  # type: ignore[method-assign]
    stage.each_minute(4)

    assert [sent.text for sent in stage.poster.sent] == ["notice 0", "notice 1", "notice 2", "notice 3"]


def test_a_run_ends_before_lambda_ends_it_and_the_next_one_goes_on() -> None:
    stage = Stage()
    stage.publish(5)
    stage.poster.takes = 40 * SECOND
    first = stage.run()

    assert (first.outcome, first.notices) == ("the run is over", 4)
    assert stage.clock.now() < NOW + TIMEOUT
    assert stage.run().notices == 1
    assert [sent.text for sent in stage.poster.sent] == [f"notice {n}" for n in range(5)]


def test_a_crash_after_slack_has_taken_a_message_repeats_it_rather_than_losing_it() -> None:
    stage = Stage()
    stage.publish()
    postman = stage.postman()
    delete, stage.letters.delete = stage.letters.delete, _fail  # type: ignore[method-assign,assignment]
    with pytest.raises(Exception, match="no answer came"):
        postman.deliver(if_any_waits=False)
    stage.letters.delete = delete  # type: ignore[method-assign]
    stage.each_minute(6)

    assert [sent.text for sent in stage.poster.sent] == ["notice 0", "notice 0"]
    assert stage.letters.waiting == []


def _fail(_receipts: object) -> None:
    raise unclear()


def test_a_message_that_the_queue_hands_out_twice_is_told_once() -> None:
    stage = Stage()
    stage.publish()
    stage.publish()  # the same: SNS's id is the number
    stage.publish(after=4 * SECOND)  # once more, when the first is told already

    assert stage.run().notices == 1
    assert len(stage.poster.sent) == 1
    assert stage.letters.waiting == []


def test_what_is_no_notification_is_kept_and_holds_nobody_up() -> None:
    stage = Stage()
    stage.letters.send("garbage")
    stage.letters.send("[1]")
    stage.publish()

    assert stage.run() == Report(outcome="all told", messages=1, notices=1)
    assert [each.body for each in stage.letters.waiting] == ["garbage", "[1]"]
    assert stage.log == ["not understood", "not understood"]


# --- what Slack refuses -----------------------------------------------------


def test_blocks_that_slack_refuses_are_told_plainly() -> None:
    stage = Stage()
    stage.publish()
    stage.poster.refusals = [NotTakenError("invalid_blocks")]

    assert stage.run() == Report(outcome="all told", messages=1, notices=1)
    assert [sent.with_blocks for sent in stage.poster.sent] == [False]


def test_what_the_channel_of_a_pool_does_not_take_goes_to_the_stacks() -> None:
    stage = Stage()
    stage.poster.no_channels = {"C0OTHER"}
    stage.publish(1, pool="other")
    report = stage.run()

    assert report.errors == ("C0OTHER: channel_not_found; its notices went to C0STACK",)
    assert [sent.channel for sent in stage.poster.sent] == ["C0STACK"]
    assert stage.letters.waiting == []


def test_what_nobody_takes_is_kept_and_tried_again_and_others_are_told() -> None:
    stage = Stage()
    stage.poster.no_channels = {"C0STACK"}
    stage.publish(2)
    stage.publish(1, first=2, pool="other")
    report = stage.run()

    assert report.errors == (
        "C0STACK: channel_not_found: notice 0",
        "C0STACK: channel_not_found: notice 1",
    )
    assert [sent.text for sent in stage.poster.sent] == ["notice 2"]
    stage.poster.no_channels = set()
    assert sum(each.notices for each in stage.each_minute(7)) == 2


# --- threads ---------------------------------------------------------------


def test_what_is_about_a_block_is_in_one_thread() -> None:
    stage = Stage()
    stage.publish(2, reservation_id="cr-a")
    stage.run()
    stage.publish(1, first=5, reservation_id="cr-a", severity=Severity.WARNING)
    stage.publish(1, first=6, reservation_id="cr-b")
    stage.run()

    assert [(sent.thread, sent.broadcast) for sent in stage.poster.sent] == [
        (None, False),
        ("ts-1", False),
        ("ts-1", True),
        (None, False),
    ]


def test_a_purchase_goes_on_in_the_thread_of_its_request() -> None:
    stage = Stage()
    stage.publish(1, reservation_id=None, thread="lucy")
    stage.publish(1, first=1, reservation_id="cr-a", thread="lucy")
    stage.publish(1, first=2, reservation_id="cr-a")
    stage.run()

    assert [sent.thread for sent in stage.poster.sent] == [None, "ts-1", "ts-1"]


def test_a_thread_whose_beginning_is_gone_begins_anew() -> None:
    stage = Stage()
    stage.ledger.threads["C0STACK", "cr-a"] = "gone"
    stage.publish(2, reservation_id="cr-a")
    stage.poster.refusals = [NotTakenError("thread_not_found")]
    stage.run()

    assert [sent.thread for sent in stage.poster.sent] == [None, "ts-1"]


def test_a_webhook_has_no_threads() -> None:
    stage = Stage()
    stage.poster.has_threads = False
    stage.publish(2, reservation_id="cr-a")
    stage.run()

    assert [sent.thread for sent in stage.poster.sent] == [None, None]
    assert stage.ledger.threads == {}
