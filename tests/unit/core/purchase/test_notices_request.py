import pytest

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.purchase import notices
from capacity_blocks.core.purchase.intent import IntentState
from tests.unit.core.purchase.notice_values import EXECUTION, ID, LINK, WHAT, in_state

SECOND = f"{EXECUTION}-again"
SECOND_LINK = f"{LINK}-again"


def test_a_second_start_is_sent_to_the_first() -> None:
    notice = notices.request_taken(request_id="may-training", holder=EXECUTION, execution=SECOND, pool="training")

    assert notice == Notice(
        key=notice.key,
        kind="purchase-request-taken",
        thread="may-training",
        severity=Severity.WARNING,
        title="Request may-training was started before",
        text=f"A request_id stands for one request, so this start did nothing. The first one is here:\n{LINK}",
        next_step="Follow the first one; for another purchase, give another request_id.",
        pool="training",
        facts=(("Request", "may-training"), ("First execution", LINK), ("Execution", SECOND_LINK)),
    )


def test_each_start_and_each_failure_is_told_once() -> None:
    def taken(execution: str) -> str:
        return notices.request_taken(request_id="may-training", holder=EXECUTION, execution=execution).key

    def failed(execution: str, error: str) -> str:
        return notices.request_failed(request_id="may-training", error=error, execution=execution).key

    assert taken(SECOND) == taken(SECOND)
    assert taken(SECOND) != taken(f"{SECOND}-3")
    assert failed(EXECUTION, "first told by its last step") == failed(EXECUTION, "then by Step Functions' event")
    assert failed(EXECUTION, "") != failed(SECOND, "")


@pytest.mark.parametrize(
    ("request_id", "title", "facts"),
    [
        ("", "A purchase request cannot be read", ()),
        ("may-training", "A purchase request cannot be read: may-training", (("Request", "may-training"),)),
    ],
)
def test_a_request_that_cannot_be_read_lists_its_mistakes(
    request_id: str, title: str, facts: tuple[tuple[str, str], ...]
) -> None:
    notice = notices.request_malformed(
        error="pool is missing; latest_end is 'May'; allowed: an instant", request_id=request_id, execution=EXECUTION
    )

    assert notice == Notice(
        key=notice.key,
        kind="purchase-request-malformed",
        thread=request_id,
        severity=Severity.WARNING,
        title=title,
        text=(
            "Nothing was searched for or bought. What is wrong in it:\n"
            "- pool is missing\n- latest_end is 'May'; allowed: an instant"
        ),
        next_step="Correct the input and start the workflow again.",
        facts=(*facts, ("Execution", LINK)),
    )


def test_a_failure_says_what_was_released_and_what_is_open() -> None:
    notice = notices.request_failed(
        request_id="may-training",
        error="States.Timeout",
        released=(in_state(IntentState.CLOSED),),
        still_open=(in_state(IntentState.UNKNOWN),),
        execution=EXECUTION,
        pool="training",
    )

    assert notice == Notice(
        key=notice.key,
        kind="purchase-request-failed",
        thread="may-training",
        severity=Severity.CRITICAL,
        title="The workflow of request may-training failed",
        text=(
            "It says: States.Timeout\n\n"
            "Given up, with the reserved money free again:\n"
            f"- {ID}: {WHAT} for $42,000, closed since 2026-04-20 09:00 UTC\n\n"
            "Still open; money is or may be spent, so it stays reserved:\n"
            f"- {ID}: {WHAT} for $42,000, unknown since 2026-04-20 09:00 UTC\n\n"
            "That is looked after every ten minutes until its end is known, and told."
        ),
        next_step="Look at the failed step. Do not buy again before you are told how the open ones came out.",
        pool="training",
        facts=(("Request", "may-training"), ("Execution", LINK)),
    )


def test_a_failure_that_leaves_nothing_open_does_not_say_whether_something_was_bought() -> None:
    notice = notices.request_failed(request_id="may-training", error="boom", execution=EXECUTION)

    assert (
        notice.text == "It says: boom\n\nIt leaves nothing open: no question, no unclear purchase, no money reserved."
    )
    assert notice.next_step == (
        "Look at the failed step. If no notice says that it was bought, and it is still wanted, start a request with a "
        "new request_id."
    )


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-north-1", "eu-north-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_an_execution_is_linked_in_the_console_of_its_partition(partition: str, region: str, host: str) -> None:
    arn = f"arn:{partition}:states:{region}:123456789012:execution:Purchase:may"

    assert notices.execution_link(arn) == f"https://{host}/states/home?region={region}#/v2/executions/details/{arn}"


@pytest.mark.parametrize(
    "arn", ["", "may", "arn:aws-iso:states:us-iso-east-1:123456789012:execution:Purchase:may", "arn:aws:states"]
)
def test_what_has_no_known_console_is_shown_as_it_is(arn: str) -> None:
    assert notices.execution_link(arn) == arn
