"""The secret by which Slack signs, kept for a while: a flood of requests causes no flood of look-ups."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from capacity_blocks.slack_ports import Secrets

KEPT_FOR = timedelta(minutes=5)  # a new one counts by then; Slack itself drops the old one at once


@dataclass(slots=True, kw_only=True)
class SigningSecret:
    secrets: Secrets
    arn: str
    _text: str = field(default="", repr=False)
    _read_at: datetime | None = None

    def current(self, now: datetime) -> str:
        """Return the secret; AwsError where it cannot be read. Nobody is believed without it."""
        if self._read_at is None or not self._read_at <= now < self._read_at + KEPT_FOR:
            self._text, self._read_at = self.secrets.text(self.arn), now
        return self._text
