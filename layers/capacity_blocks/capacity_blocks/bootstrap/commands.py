"""How functions have instances run a document: with a client that asks once."""

from functools import cache

from botocore.config import Config

from capacity_blocks.adapters.ssm_commands import SsmCommands
from capacity_blocks.bootstrap.client import CONFIG, client

ADAPTERS = (SsmCommands,)
ONCE: Config = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


@cache
def commands(region: str) -> SsmCommands:
    return SsmCommands(client("ssm", region), client("ssm", region, ONCE))
