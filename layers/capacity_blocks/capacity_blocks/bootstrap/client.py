"""How every function gets its clients: one session, one client for each service, region and patience."""

import gc
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

# Half a minute of a start or a drain is the most that one call that hangs may cost; the next sweep is another try.
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)


@cache
def session() -> botocore.session.Session:
    """Return the one session. Importing boto3 would load the transfer manager of S3, a fifth of a cold start."""
    return botocore.session.Session()


def client(service: str, region_name: str | None = None, config: Config = CONFIG) -> Any:
    """Make a client; in the stack's own region when none is named.

    EC2's service model is some hundred thousand objects that all live on: the garbage collector would walk them
    again and again while they are made, for nothing and a sixth of the time.
    """
    gc.disable()
    try:
        return session().create_client(service, region_name=region_name, config=config)
    finally:
        gc.enable()
