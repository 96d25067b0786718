"""A long poll waits in virtual time, for a message or for its end."""

from datetime import timedelta

from tests.simulator.stage import deployed

SECOND = timedelta(seconds=1)


def test_a_long_poll_ends_with_the_first_message() -> None:
    with deployed() as world:
        client, inbox = world.client("sqs"), world.physical_id("Inbox")
        world.clock.call_in(3 * SECOND, lambda: client.send_message(QueueUrl=inbox, MessageBody="hello"), "test")
        begun = world.now
        found = client.receive_message(QueueUrl=inbox, WaitTimeSeconds=20)

        assert [message["Body"] for message in found["Messages"]] == ["hello"]
        assert 3 * SECOND <= world.now - begun < 4 * SECOND


def test_a_long_poll_for_nothing_takes_all_of_its_time() -> None:
    with deployed() as world:
        begun = world.now
        found = world.client("sqs").receive_message(QueueUrl=world.physical_id("Inbox"), WaitTimeSeconds=5)

        assert "Messages" not in found
        assert 5 * SECOND <= world.now - begun < 6 * SECOND
