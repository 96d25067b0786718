"""Functions started and not waited for: what goes over the wire."""

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.lambda_invocations import LambdaInvocations
from capacity_blocks.ports import AwsError
from tests import aws

EVENT = {"instance_id": "i-0a", "region": "us-east-2"}
CALL = {
    "FunctionName": "drain",
    "InvocationType": "Event",
    "Payload": b'{"instance_id": "i-0a", "region": "us-east-2"}',
}


def test_a_function_is_started_with_its_event_and_not_waited_for() -> None:
    client = aws.client("lambda")
    with Stubber(client) as stub:
        stub.add_response("invoke", {"StatusCode": 202}, CALL)

        LambdaInvocations(client).invoke("drain", EVENT)

        stub.assert_no_pending_responses()


def test_a_function_that_is_gone_is_an_error_and_sure_not_to_have_run() -> None:
    client = aws.client("lambda")
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "ResourceNotFoundException", "no function", 404, expected_params=CALL)

        with pytest.raises(AwsError, match="Invoke: ResourceNotFoundException: no function") as raised:
            LambdaInvocations(client).invoke("drain", EVENT)

    assert raised.value.definite
