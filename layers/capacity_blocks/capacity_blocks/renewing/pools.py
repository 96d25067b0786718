"""The blocks of all regions, each with what its pool asks for and what follows it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.reminder.settings import ReminderSettings
from capacity_blocks.core.reminder.succession import Succession, successions
from capacity_blocks.core.renewal.settings import RenewalSettings
from capacity_blocks.core.reservation import UNPAID, Reservation
from capacity_blocks.pool_settings import PoolSettingsError, money, policies, reminders, renewal
from capacity_blocks.ports import AwsError, Reservations


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a pool asks for. Broken settings leave the default reminders, and nothing that spends."""

    policy: Policy
    reminders: ReminderSettings
    renewal: RenewalSettings
    money: MoneySettings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A block that will end; `pool` is None where nobody claims it: its end is no less an end."""

    block: Reservation
    pool: str | None
    wishes: Wishes
    succession: Succession


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of all pools, as they were read once for a run."""

    texts: Mapping[str, str]
    default: Policy

    def wishes(self, pool: str | None) -> Wishes:
        text = "{}" if pool is None else self.texts.get(pool, "{}")
        policy = policies({"": text}, self.default)[""]
        try:
            return Wishes(policy=policy, reminders=reminders(text), renewal=renewal(text), money=money(text))
        except PoolSettingsError:
            return Wishes(policy=policy, reminders=ReminderSettings(), renewal=RenewalSettings(), money=None)

    def pool_of(self, block: Reservation) -> str | None:
        listed = (
            name
            for name, policy in sorted(policies(self.texts, self.default).items())
            if block.reservation_id in policy.reservations
        )
        return block.pool or next(listed, None)


def read(regions: Mapping[str, Reservations], errors: list[str]) -> tuple[Reservation, ...]:
    """Return the blocks of all regions. One that cannot be read goes to `errors`, and stops no other."""
    found: list[Reservation] = []
    for name, reservations in regions.items():
        try:
            found += reservations.capacity_blocks()
        except AwsError as error:
            errors.append(f"{name}: {error}")
    return tuple(found)


def endings(blocks: Sequence[Reservation], settings: Settings) -> tuple[Ending, ...]:
    """Return the blocks that are, or surely will be, held to an end."""
    by_pool: dict[str | None, list[Reservation]] = defaultdict(list)
    for block in blocks:
        by_pool[settings.pool_of(block)].append(block)
    return tuple(ending for pool, held in by_pool.items() for ending in _of_pool(pool, held, settings.wishes(pool)))


def _of_pool(pool: str | None, blocks: Iterable[Reservation], wishes: Wishes) -> Iterator[Ending]:
    held = list(blocks)
    # Blocks that nobody claims have nothing to do with each other.
    following = {} if pool is None else successions(held)
    for block in held:
        if not block.is_dead and block.state not in UNPAID:
            succession = following.get(block.reservation_id, Succession())
            yield Ending(block=block, pool=pool, wishes=wishes, succession=succession)
