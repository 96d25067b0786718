"""Everything that the functions of drains read from their environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD
from capacity_blocks.settings import boolean, minutes, names_what_is_missing, regions


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainSettings:
    """`home` is the stack's own region."""

    topic_arn: str
    ledger_table: str
    observe_only: bool
    home: str
    regions: tuple[str, ...]
    pool_settings_path: str
    policy: Policy  # the default of every pool

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the environment; raise SettingsError, which names the variable, its value and what is allowed."""
        with names_what_is_missing():
            return cls(
                topic_arn=env["TOPIC_ARN"],
                ledger_table=env["LEDGER_TABLE"],
                observe_only=boolean(env, "OBSERVE_ONLY"),
                home=env["AWS_REGION"],
                regions=regions(env),
                pool_settings_path=env["POOL_SETTINGS_PATH"],
                policy=Policy(
                    drain_lead=minutes(env, "DRAIN_LEAD_MINUTES", more_than=RECLAIM_LEAD),
                    ultraserver_drain_lead=minutes(
                        env, "ULTRASERVER_DRAIN_LEAD_MINUTES", more_than=ULTRASERVER_RECLAIM_LEAD
                    ),
                ),
            )
