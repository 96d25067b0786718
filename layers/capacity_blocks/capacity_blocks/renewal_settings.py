"""Everything that reminders and renewal read from their environment, beside what purchases do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD
from capacity_blocks.settings import minutes, names_what_is_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSettings:
    """`policy` is the default of every pool, as far as reminders speak of it."""

    policy: Policy

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                policy=Policy(
                    drain_lead=minutes(env, "DRAIN_LEAD_MINUTES", more_than=RECLAIM_LEAD),
                    ultraserver_drain_lead=minutes(
                        env, "ULTRASERVER_DRAIN_LEAD_MINUTES", more_than=ULTRASERVER_RECLAIM_LEAD
                    ),
                )
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalWorkflows:
    """The workflows that a renewal without a question starts, by ARN."""

    extension_state_machine: str
    purchase_state_machine: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                extension_state_machine=env["EXTENSION_STATE_MACHINE"],
                purchase_state_machine=env["PURCHASE_STATE_MACHINE"],
            )
