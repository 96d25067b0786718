"""Where settings are that people change without a deployment: Parameter Store, in the stack's own region."""

from functools import cache
from typing import Any

from capacity_blocks.adapters.ssm import SsmPoolSettings
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import PurchaseSettings

ADAPTERS = (SsmPoolSettings,)


@cache
def ssm() -> Any:
    return client("ssm")


def pool_settings(settings: PurchaseSettings) -> SsmPoolSettings:
    return SsmPoolSettings(ssm(), settings.pool_settings_path)
