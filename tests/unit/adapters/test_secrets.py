"""Secrets by their ARN, from either service."""

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.secrets_manager import SecretsManagerSecrets
from capacity_blocks.adapters.ssm_secrets import SsmSecrets
from capacity_blocks.bootstrap import secret
from capacity_blocks.ports import AwsError
from capacity_blocks.settings import SettingsError
from tests import aws

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack/signing-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack/signing"


def test_a_secret_of_secrets_manager_is_read_without_the_line_break_of_whoever_pasted_it() -> None:
    client = aws.client("secretsmanager")
    with Stubber(client) as stub:
        stub.add_response("get_secret_value", {"SecretString": "8f742231b10e\n"}, {"SecretId": SECRET})
        assert SecretsManagerSecrets(client).text(SECRET) == "8f742231b10e"


def test_a_parameter_is_decrypted() -> None:
    client = aws.client("ssm")
    with Stubber(client) as stub:
        answer = {"Parameter": {"Value": " 8f742231b10e"}}
        stub.add_response("get_parameter", answer, {"Name": PARAMETER, "WithDecryption": True})
        assert SsmSecrets(client).text(PARAMETER) == "8f742231b10e"


def test_a_secret_that_cannot_be_read_is_an_error_and_not_an_empty_one() -> None:
    client = aws.client("secretsmanager")
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", "AccessDeniedException", http_status_code=400)
        with pytest.raises(AwsError, match="AccessDenied"):
            SecretsManagerSecrets(client).text(SECRET)


def test_a_secret_of_bytes_is_said_to_be_none_that_is_read_here() -> None:
    client = aws.client("secretsmanager")
    with Stubber(client) as stub:
        stub.add_response("get_secret_value", {"SecretBinary": b"8f74"}, {"SecretId": SECRET})
        with pytest.raises(AwsError, match="no text"):
            SecretsManagerSecrets(client).text(SECRET)


@pytest.mark.parametrize(
    ("arn", "kind", "service"), [(SECRET, SecretsManagerSecrets, "secretsmanager"), (PARAMETER, SsmSecrets, "ssm")]
)
def test_an_arn_says_where_its_secret_is(arn: str, kind: type, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    found = secret.secrets(arn)
    assert isinstance(found, kind)
    assert found._client.meta.region_name == "eu-central-1"  # type: ignore[attr-defined]  # not of the port
    assert found._client.meta.service_model.service_name == service  # type: ignore[attr-defined]


@pytest.mark.parametrize("arn", ["", "slack", "arn:aws:s3:::bucket", SECRET.removeprefix("arn:")])
def test_what_names_no_secret_is_said(arn: str) -> None:
    with pytest.raises(SettingsError, match="is no ARN of a secret"):
        secret.secrets(arn)
