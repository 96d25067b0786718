"""Where secrets are read: each ARN says itself in which service."""

from functools import cache

from capacity_blocks.adapters.secrets_manager import SecretsManagerSecrets
from capacity_blocks.adapters.ssm_secrets import SsmSecrets
from capacity_blocks.bootstrap.client import client
from capacity_blocks.settings import SettingsError
from capacity_blocks.slack_ports import Secrets

ADAPTERS = (SecretsManagerSecrets, SsmSecrets)


@cache
def secrets(arn: str) -> Secrets:
    """Return where the secret of an ARN is, whose client is made for that region alone."""
    match arn.split(":"):
        case ["arn", _, "secretsmanager", region, *_]:
            return SecretsManagerSecrets(client("secretsmanager", region))
        case ["arn", _, "ssm", region, *_]:
            return SsmSecrets(client("ssm", region))
        case _:
            raise SettingsError(f"{arn!r} is no ARN of a secret; allowed: one of Secrets Manager or Parameter Store")
