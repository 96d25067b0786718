"""What Slack needs from the outside world."""

from collections.abc import Mapping
from typing import Any, Protocol


class Secrets(Protocol):
    def text(self, arn: str) -> str:
        """Return the secret that an ARN names, without white space around it; raise AwsError."""


class ReplyError(Exception):
    """Slack did not take a reply. `definite` says that it never will: its address is none, unknown or used up."""

    def __init__(self, message: str, *, definite: bool) -> None:
        super().__init__(message)
        self.definite = definite


class Replies(Protocol):
    def post(self, url: str, body: Mapping[str, Any]) -> None:
        """Send a reply to the address that came with a click; raise ReplyError unless it is taken."""
