"""How EC2 is asked to sell: with a client that asks once."""

from datetime import timedelta

from botocore.config import Config

# One attempt: no purchase of EC2 takes a client token, and a retry of the SDK would buy again. Patience costs little
# here: an answer that is not waited for is an outcome that has to be looked up.
CONNECT, READ = timedelta(seconds=5), timedelta(seconds=60)
CALL_TIMEOUT = CONNECT + READ
ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=CONNECT.total_seconds(),
    read_timeout=READ.total_seconds(),
)
