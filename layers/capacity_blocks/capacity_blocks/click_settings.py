"""Everything that the functions for clicks in Slack read from their environment, beside what all purchases need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from capacity_blocks.settings import names_what_is_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveSettings:
    """Where the secret is by which Slack signs, and who decides."""

    signing_secret_arn: str
    decide_function: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                signing_secret_arn=env["SLACK_SIGNING_SECRET_ARN"], decide_function=env["DECIDE_IN_SLACK_FUNCTION"]
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickSettings:
    """Below which address replies go, and what a click can start."""

    reply_url: str
    extension_machine: str
    purchase_machine: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                reply_url=env["SLACK_REPLY_URL"],
                extension_machine=env["EXTENSION_STATE_MACHINE"],
                purchase_machine=env["PURCHASE_STATE_MACHINE"],
            )
