"""Whether a request is from Slack: its signature over the raw body, and when it was signed."""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

# "Verifying requests from Slack": older ones than this may be replays. What is ahead of us by as much is no better.
WINDOW = timedelta(minutes=5)
SIGNATURE = "x-slack-signature"
TIMESTAMP = "x-slack-request-timestamp"
_SIGNED = re.compile("v0=[0-9a-f]{64}", re.ASCII)
_SECONDS = re.compile("[0-9]{1,11}", re.ASCII)


def refusal(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """Return why a request is not believed to be from Slack; None if it is believed.

    `body` is what was sent, byte for byte: another way to write the same is another body. A header that came twice is
    refused, also as Lambda hands it over: both values in one, with a comma.
    """
    if not secret:  # anybody can sign with nothing
        raise ValueError("the signing secret is empty")
    signature, timestamp = _only(headers, SIGNATURE), _only(headers, TIMESTAMP)
    if signature is None or timestamp is None:
        return "it does not carry one signature and one timestamp"
    if _SIGNED.fullmatch(signature) is None or _SECONDS.fullmatch(timestamp) is None:
        return "its signature or its timestamp is malformed"
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > WINDOW:
        return "it was signed at another time"
    if not hmac.compare_digest(signed(secret, timestamp, body), signature):
        return "its signature is not ours"
    return None


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body as Slack does."""
    return f"v0={hmac.new(secret.encode(), f'v0:{timestamp}:'.encode() + body, 'sha256').hexdigest()}"


def _only(headers: Mapping[str, str], name: str) -> str | None:
    found = [value for key, value in headers.items() if key.lower() == name]
    return found[0] if len(found) == 1 else None
