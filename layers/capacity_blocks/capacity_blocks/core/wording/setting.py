"""What people are told of tags and settings that mean nothing, and of what failed."""

from datetime import datetime

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.target import Target
from capacity_blocks.core.wording.phrase import digest, sentences, steady


def mistake(target: Target) -> Notice:
    reasons = [str(m) for m in target.wishes.mistakes]
    return Notice(
        key=f"{target.id.region}:{target.id}:tags:{digest(reasons)}",
        kind="wrong-tag",
        severity=Severity.WARNING,
        title=f"The tags of {target.id} say what cannot be",
        text=sentences(reasons) + " The group is left alone; what it already serves still drains in time.",
        next_step="Correct the tag.",
        pool=target.pool,
        region=target.id.region,
        target=str(target.id),
    )


def broken_settings(pool: Pool) -> Notice:
    return Notice(
        key=f"{pool.region}:{pool.name}:settings:{digest([pool.policy.broken or ''])}",
        kind="broken-settings",
        severity=Severity.CRITICAL,
        title=f"The settings of pool {pool.name} cannot be used",
        text=f"{pool.policy.broken}. Nothing is scaled out or bought for it until they can; its blocks still drain.",
        next_step="Correct the pool's SSM parameter; docs/pool-settings.md says what it may hold.",
        pool=pool.name,
        region=pool.region,
    )


def trouble(region: str, what: str, now: datetime) -> Notice:
    """Say, once an hour, that something could not be read or done: the rest goes on."""
    return Notice(
        key=f"{region}:trouble:{digest([steady(what)])}:{now:%Y%m%dT%H}",
        kind="trouble",
        severity=Severity.CRITICAL,
        title=f"Trouble in {region}",
        text=f"{what}. What could not be read is not taken for nothing: no change was made on it. Other regions go on.",
        next_step="If this repeats, look at the function's log and its role.",
        region=region,
    )
