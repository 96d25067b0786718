"""Everything this application reads from its environment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.readiness.check import NodeCheck
from capacity_blocks.core.tag import MOST_DRAIN_LEAD
from capacity_blocks.core.timeline import RECLAIM_LEAD, ULTRASERVER_RECLAIM_LEAD

MINUTE = timedelta(minutes=1)


class SettingsError(ValueError):
    """An environment variable is missing or malformed."""


@contextmanager
def names_what_is_missing() -> Iterator[None]:
    """Turn the KeyError of a variable that is not set into a SettingsError that names it."""
    try:
        yield
    except KeyError as missing:
        raise SettingsError(f"environment variable {missing.args[0]} is not set") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    topic_arn: str
    ledger_table: str
    observe_only: bool
    regions: tuple[str, ...]
    pool_settings_path: str
    schedule_group: str
    schedule_role_arn: str
    schedule_dead_letters_arn: str
    policy: Policy  # the default of every pool
    drain_function: str | None = None  # None: there is none, and nodes go as they are
    warn_function: str | None = None
    check_function: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the environment; raise SettingsError, which names the variable, its value and what is allowed."""
        with names_what_is_missing():
            observe_only = boolean(env, "OBSERVE_ONLY")
            return cls(
                topic_arn=env["TOPIC_ARN"],
                ledger_table=env["LEDGER_TABLE"],
                observe_only=observe_only,
                regions=regions(env),
                pool_settings_path=env["POOL_SETTINGS_PATH"],
                schedule_group=env["SCHEDULE_GROUP"],
                schedule_role_arn=env["SCHEDULE_ROLE_ARN"],
                schedule_dead_letters_arn=env["SCHEDULE_DEAD_LETTERS_ARN"],
                policy=Policy(
                    drain_lead=minutes(env, "DRAIN_LEAD_MINUTES", more_than=RECLAIM_LEAD),
                    ultraserver_drain_lead=minutes(
                        env, "ULTRASERVER_DRAIN_LEAD_MINUTES", more_than=ULTRASERVER_RECLAIM_LEAD
                    ),
                    verify_within=minutes(env, "VERIFY_WITHIN_MINUTES", more_than=timedelta(0)),
                    # Whoever only observes looks at no nodes, and must not wait for what a look would find.
                    check_nodes=NodeCheck.OFF if observe_only else Policy().check_nodes,
                ),
                drain_function=env.get("DRAIN_FUNCTION") or None,
                warn_function=env.get("WARN_FUNCTION") or None,
                check_function=env.get("CHECK_FUNCTION") or None,
            )


def regions(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the regions to look after, each once; the stack's own where none is named."""
    return tuple(dict.fromkeys(env["REGIONS"].replace(",", " ").split())) or (env["AWS_REGION"],)


def boolean(env: Mapping[str, str], name: str) -> bool:
    match env[name]:
        case "true":
            return True
        case "false":
            return False
        case text:
            raise SettingsError(f"{name} is {text!r}; allowed: true, false")


def minutes(env: Mapping[str, str], name: str, *, more_than: timedelta) -> timedelta:
    text, least, most = env[name], int(more_than / MINUTE) + 1, int(MOST_DRAIN_LEAD / MINUTE)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingsError(f"{name} is {text!r}; allowed: a whole number of minutes from {least} to {most}")
    return int(text) * MINUTE
