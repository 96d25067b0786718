"""The fakes of what tells people, and the adapters in DynamoDB and SQS, keep the same promises."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from capacity_blocks.adapters.dynamodb_telling import DynamoDbTellingLedger
from capacity_blocks.adapters.sqs_letters import SqsLetters
from capacity_blocks.ports import AwsError
from capacity_blocks.telling_ports import Letters, TellingLedger
from tests import aws
from tests.factories import at
from tests.fakes.clock import FakeClock
from tests.fakes.telling import FakeLetters, FakeTellingLedger

NOW = at("2026-03-02T10:50")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
AT_ONCE = timedelta()


@pytest.fixture(params=["fake", "dynamodb"])
def ledger(request: pytest.FixtureRequest) -> Iterator[TellingLedger]:
    if request.param == "fake":
        yield FakeTellingLedger()
        return
    with aws.moto():
        yield DynamoDbTellingLedger(aws.ledger_table("ledger"), "ledger")


def test_a_turn_is_one_runs_until_it_is_over(ledger: TellingLedger) -> None:
    assert ledger.take_turn("a", NOW, NOW + MINUTE)
    assert not ledger.take_turn("b", NOW + MINUTE - SECOND, NOW + 2 * MINUTE)
    assert ledger.take_turn("b", NOW + MINUTE, NOW + 2 * MINUTE)


def test_a_turn_is_given_back_for_later(ledger: TellingLedger) -> None:
    ledger.take_turn("a", NOW, NOW + 3 * MINUTE)
    ledger.end_turn("a", NOW + MINUTE)

    assert not ledger.take_turn("b", NOW + MINUTE - SECOND, NOW + 3 * MINUTE)
    assert ledger.take_turn("b", NOW + MINUTE, NOW + 3 * MINUTE)


def test_a_turn_that_another_run_has_by_now_is_not_ended(ledger: TellingLedger) -> None:
    ledger.take_turn("a", NOW, NOW + MINUTE)
    ledger.take_turn("b", NOW + MINUTE, NOW + 3 * MINUTE)
    ledger.end_turn("a", NOW)

    assert not ledger.take_turn("c", NOW + 2 * MINUTE, NOW + 4 * MINUTE)


def test_a_thread_is_of_a_channel_and_a_subject(ledger: TellingLedger) -> None:
    ledger.put_thread("C0A", "cr-0a", "1.1", NOW)
    ledger.put_thread("C0A", "cr-0a", "2.2", NOW)

    assert [ledger.thread("C0A", "cr-0a"), ledger.thread("C0B", "cr-0a"), ledger.thread("C0A", "cr-0b")] == [
        "2.2",
        None,
        None,
    ]


def _sent(client: Any, url: str, body: str) -> None:
    client.send_message(QueueUrl=url, MessageBody=body)


class Queue:
    """A queue, and how messages get into it."""

    def __init__(self, kind: str) -> None:
        if kind == "fake":
            fake = FakeLetters(FakeClock(NOW))
            self.letters: Letters = fake
            self.send: Callable[[str], object] = fake.send
        else:
            client = aws.client("sqs")
            url = client.create_queue(QueueName="slack", Attributes={"VisibilityTimeout": "240"})["QueueUrl"]
            self.letters = SqsLetters(client, url)
            self.send = partial(_sent, client, url)

    def bodies(self) -> list[str]:
        return sorted(letter.body for letter in self.letters.receive(AT_ONCE))


@pytest.fixture(params=["fake", "sqs"])
def queue(request: pytest.FixtureRequest) -> Iterator[Queue]:
    with aws.moto():
        yield Queue(request.param)


def test_an_empty_queue_has_nothing(queue: Queue) -> None:
    assert not queue.letters.any_waits()
    assert queue.bodies() == []


def test_letters_are_handed_out_ten_at_a_time_and_to_one_alone(queue: Queue) -> None:
    for number in range(12):
        queue.send(f"{number:02}")

    assert queue.letters.any_waits()
    assert [len(queue.bodies()), len(queue.bodies()), len(queue.bodies())] == [10, 2, 0]
    assert not queue.letters.any_waits()


def test_what_is_deleted_is_gone_and_what_is_put_back_comes_again(queue: Queue) -> None:
    for number in range(25):
        queue.send(f"{number:02}")
    taken = [letter for _ in range(3) for letter in queue.letters.receive(AT_ONCE)]
    gone, back, later = taken[:11], taken[11:23], taken[23:]
    queue.letters.delete([letter.receipt for letter in gone])
    queue.letters.put_back([letter.receipt for letter in back], AT_ONCE)
    queue.letters.put_back([letter.receipt for letter in later], MINUTE)

    found = [*queue.bodies(), *queue.bodies()]
    assert sorted(found) == sorted(letter.body for letter in back)


def test_it_is_counted_how_often_a_letter_was_received(queue: Queue) -> None:
    queue.send("a")
    counts = []
    for _ in range(3):
        [letter] = queue.letters.receive(AT_ONCE)
        counts.append(letter.receives)
        queue.letters.put_back([letter.receipt], AT_ONCE)

    assert counts == [1, 2, 3]


class Refusing:
    """SQS that does not delete some entries, each for so many times."""

    def __init__(self, times: dict[str, int]) -> None:
        self.times = times
        self.deleted: list[str] = []

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803  # as SQS has it
        assert 1 <= len(Entries) <= 10, QueueUrl
        failed = [entry for entry in Entries if self.times.get(entry["ReceiptHandle"], 0) > 0]
        for entry in failed:
            self.times[entry["ReceiptHandle"]] -= 1
        self.deleted += [entry["ReceiptHandle"] for entry in Entries if entry not in failed]
        why = {"Code": "InternalError", "Message": "try again", "SenderFault": False}
        return {"Failed": [{"Id": entry["Id"], **why} for entry in failed]}


RECEIPTS = [f"r-{number:02}" for number in range(32)]


def test_what_sqs_does_not_delete_at_first_is_deleted_at_once() -> None:
    sqs: Any = Refusing({"r-03": 1, "r-31": 1})
    SqsLetters(sqs, "https://queue").delete(RECEIPTS)

    assert sorted(sqs.deleted) == RECEIPTS


def test_what_sqs_does_not_delete_is_an_error_and_all_else_is_deleted() -> None:
    sqs: Any = Refusing({"r-03": 2, "r-31": 1})
    with pytest.raises(AwsError, match="InternalError: try again") as found:
        SqsLetters(sqs, "https://queue").delete(RECEIPTS)

    assert not found.value.definite
    assert sorted([*sqs.deleted, "r-03"]) == RECEIPTS
