from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.dynamodb import DynamoDbLedger
from capacity_blocks.core.binding import Claim, ClaimState, Previous
from capacity_blocks.core.target import TargetId
from capacity_blocks.ports import AwsError
from tests import aws
from tests.factories import REGION, at

NOW = at("2026-03-01T11:00")
CLAIM = Claim(
    target=TargetId(region=REGION, name="train"),
    reservation_id="cr-0a",
    state=ClaimState.BINDING,
    run="run-1",
    at=NOW,
    previous=Previous(subnets=("subnet-a",), maximum=8),
)


@pytest.fixture
def client() -> Iterator[Any]:
    with aws.moto():
        client = aws.ledger_table("ledger")
        yield client


@pytest.fixture
def ledger(client: Any) -> DynamoDbLedger:
    return DynamoDbLedger(client, "ledger", "live")


def items(client: Any, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.query(
        TableName="ledger", KeyConditionExpression="kind = :kind", ExpressionAttributeValues={":kind": {"S": kind}}
    )["Items"]
    return found


def test_a_notice_is_kept_for_240_days_after_it_was_sent(client: Any, ledger: DynamoDbLedger) -> None:
    ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)
    ledger.has_said(REGION, "cr-0a:draining", NOW + timedelta(seconds=1))

    assert items(client, "live-notice#us-east-2") == [
        {
            "kind": {"S": "live-notice#us-east-2"},
            "key": {"S": "cr-0a:draining"},
            "said_at": {"S": "2026-03-01T11:00:01.000000+00:00"},
            "expires_at": {"N": str(int(at("2026-10-27T11:00:01").timestamp()))},
        }
    ]


def test_claims_history_and_watch_never_expire(client: Any, ledger: DynamoDbLedger) -> None:
    ledger.put_claim(CLAIM, replacing=None)
    ledger.append("cr-0a", NOW, "run-1", {"did": "Bind"})
    ledger.take_watch("run-1")

    stored = client.scan(TableName="ledger")["Items"]

    assert len(stored) == 3
    assert not any("expires_at" in item for item in stored)


def test_what_was_only_observed_is_said_again_for_real(client: Any, ledger: DynamoDbLedger) -> None:
    DynamoDbLedger(client, "ledger", "observe").has_said(REGION, "cr-0a:draining", NOW)

    assert ledger.said(REGION) == {}
    assert ledger.begin_saying(REGION, "cr-0a:draining", "run-1", NOW)


def test_every_page_of_notices_is_read() -> None:
    client = aws.client("dynamodb")
    asked = {
        "TableName": "ledger",
        "KeyConditionExpression": "kind = :kind",
        "FilterExpression": "attribute_exists(said_at)",
        "ProjectionExpression": "#key, said_at",
        "ExpressionAttributeNames": {"#key": "key"},
        "ExpressionAttributeValues": {":kind": {"S": "live-notice#us-east-2"}},
    }
    last = {"kind": {"S": "live-notice#us-east-2"}, "key": {"S": "first"}}
    sent = [{"key": {"S": key}, "said_at": {"S": "2026-03-01T11:00:00.000000+00:00"}} for key in ("first", "second")]
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": sent[:1], "LastEvaluatedKey": last}, asked)
        stub.add_response("query", {"Items": sent[1:]}, {**asked, "ExclusiveStartKey": last})

        assert DynamoDbLedger(client, "ledger", "live").said(REGION) == {"first": NOW, "second": NOW}


def test_the_history_of_a_block_has_each_line_in_its_order(client: Any, ledger: DynamoDbLedger) -> None:
    ledger.append("cr-0a", NOW, "run-1", {"did": "Bind", "reason": "it is free"})
    ledger.append("cr-0a", NOW + timedelta(seconds=1), "run-1", {"did": "Scale"})
    ledger.append("cr-0b", NOW, "run-1", {"did": "Unbind"})

    assert items(client, "history#cr-0a") == [
        {
            "kind": {"S": "history#cr-0a"},
            "key": {"S": "2026-03-01T11:00:00.000000+00:00#run-1#0"},
            "line": {"M": {"did": {"S": "Bind"}, "reason": {"S": "it is free"}}},
        },
        {
            "kind": {"S": "history#cr-0a"},
            "key": {"S": "2026-03-01T11:00:01.000000+00:00#run-1#1"},
            "line": {"M": {"did": {"S": "Scale"}}},
        },
    ]


def test_lines_of_one_run_at_one_instant_are_all_kept(client: Any, ledger: DynamoDbLedger) -> None:
    ledger.append("cr-0a", NOW, "run-1", {"did": "Bind"})
    ledger.append("cr-0a", NOW, "run-1", {"did": "Scale"})

    assert [i["line"]["M"]["did"]["S"] for i in items(client, "history#cr-0a")] == ["Bind", "Scale"]


def test_a_run_that_lambda_repeats_adds_what_is_new_and_changes_nothing(client: Any) -> None:
    first, repeated = (DynamoDbLedger(client, "ledger", "live") for _ in range(2))
    first.append("cr-0a", NOW, "run-1", {"did": "Bind"})
    repeated.append("cr-0a", NOW, "run-1", {"did": "Bind"})
    repeated.append("cr-0a", NOW, "run-1", {"did": "Scale"})
    another = DynamoDbLedger(client, "ledger", "live")
    another.append("cr-0a", NOW, "run-1", {"did": "Unbind"})

    assert [i["line"]["M"]["did"]["S"] for i in items(client, "history#cr-0a")] == ["Bind", "Scale", "Unbind"]


def test_a_claim_whose_reply_was_lost_is_ours_when_the_sdk_asks_again(ledger: DynamoDbLedger) -> None:
    bound = replace(CLAIM, state=ClaimState.BOUND)
    ledger.put_claim(CLAIM, replacing=None)

    assert ledger.put_claim(bound, replacing=CLAIM)
    assert ledger.put_claim(bound, replacing=CLAIM)


def test_a_claim_with_other_previous_settings_is_not_the_same(ledger: DynamoDbLedger) -> None:
    ledger.put_claim(CLAIM, replacing=None)

    assert not ledger.put_claim(replace(CLAIM, previous=Previous(maximum=4)), replacing=None)


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger: ledger.said(REGION),
        lambda ledger: ledger.begin_saying(REGION, "key", "run-1", NOW),
        lambda ledger: ledger.has_said(REGION, "key", NOW),
        lambda ledger: ledger.claim(CLAIM.target),
        lambda ledger: ledger.put_claim(CLAIM, replacing=None),
        lambda ledger: ledger.append("cr-0a", NOW, "run-1", {}),
        lambda ledger: ledger.take_watch("run-1"),
        lambda ledger: ledger.keeps_watch("run-1"),
    ],
    ids=["said", "begin_saying", "has_said", "claim", "put_claim", "append", "take_watch", "keeps_watch"],
)
def test_a_ledger_that_does_not_answer_is_an_error_and_not_an_empty_one(client: Any, ask: Any) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        ask(DynamoDbLedger(client, "no-such-table", "live"))
