"""Secrets in SecureString parameters."""

from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_ssm.client import SSMClient


class SsmSecrets:
    PERMISSIONS = frozenset({"ssm:GetParameter"})
    # "Restricting access to Parameter Store parameters": for a parameter under a key of one's own.
    DEPENDENT_PERMISSIONS = frozenset({"kms:Decrypt"})

    def __init__(self, client: "SSMClient") -> None:
        self._client = client

    @raises_aws_error
    def text(self, arn: str) -> str:
        # GetParameterRequest$Name: the name, or the ARN.
        return self._client.get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"].strip()
