"""Secrets in Secrets Manager."""

from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient


class SecretsManagerSecrets:
    PERMISSIONS = frozenset({"secretsmanager:GetSecretValue"})
    # "Secrets Manager: Authentication and access control": for a secret under a key of one's own.
    DEPENDENT_PERMISSIONS = frozenset({"kms:Decrypt"})

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    @raises_aws_error
    def text(self, arn: str) -> str:
        answer = self._client.get_secret_value(SecretId=arn)
        if "SecretString" not in answer:
            raise AwsError("GetSecretValue", "NoText", f"{arn} holds bytes and no text", definite=True)
        return answer["SecretString"].strip()
