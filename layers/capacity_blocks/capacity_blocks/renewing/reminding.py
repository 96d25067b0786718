"""Remind people of blocks that end, and renew those that a pool renews without a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Extension
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.reminder import ladder
from capacity_blocks.core.reminder.notice import reminder
from capacity_blocks.core.reminder.outlook import Outlook
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.core.renewal import decision
from capacity_blocks.core.renewal import notice as renewal_notice
from capacity_blocks.core.renewal.settings import RenewalMode
from capacity_blocks.core.reservation import ReservationState
from capacity_blocks.executor import SAID, Speaker
from capacity_blocks.ports import AwsError, Clock, Ledger, PoolSettings, Reservations
from capacity_blocks.purchase_ports import PurchaseLedger
from capacity_blocks.renewal_ports import FoundOffers, Utilization
from capacity_blocks.renewal_settings import RenewalWorkflows
from capacity_blocks.renewing.pools import Ending, Settings, endings, read
from capacity_blocks.renewing.renewer import Renewer

AGAIN = timedelta(minutes=5)  # while a renewal waits for what is not known yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is due of one block: a rung of its ladder, a decision on its renewal, or both."""

    ending: Ending
    lead: timedelta | None
    renewal: int | None  # which attempt at it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was asked of a region for the blocks that something is due of."""

    now: datetime
    paying: Mapping[str, Extension] | None  # None: not known, for `trouble`
    trouble: str
    usage: Mapping[str, Usage]
    books: dict[str, Book | None] = field(default_factory=dict)  # read once for a pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    clock: Clock
    regions: Mapping[str, Reservations]
    utilization: Mapping[str, Utilization]
    pool_settings: PoolSettings
    default: Policy
    ledger: Ledger
    books: PurchaseLedger
    offers: FoundOffers
    speaker: Speaker
    renewer: Renewer | None  # None: this application only observes
    machines: RenewalWorkflows

    def remind(self) -> dict[str, Any]:
        """Do what is due of every block. What fails of one is collected, and the rest is done all the same."""
        errors, done = list[str](), list[dict[str, str]]()
        now = self.clock.now()
        settings = Settings(texts=self.pool_settings.texts(), default=self.default)
        found = endings(read(self.regions, errors), settings)
        instants = list[datetime]()
        for region in self.regions:
            try:
                said = self.ledger.said(region)
                here = [each for each in found if each.block.region == region]
                tasks = [task for each in here if (task := _task(now, each, said)) is not None]
                known = self._known(region, tasks, now, errors)
            except AwsError as error:
                errors.append(f"{region}: {error}")
                continue
            for task in tasks:
                self._do(region, task, known, done, errors)
            instants += [each for each in (_next(now, ending, said) for ending in here) if each is not None]
        return {
            "outcome": "reminded",
            "done": done,
            "errors": errors,
            "look_again_at": min([*instants, *([now] if errors else [])]).isoformat() if instants or errors else None,
        }

    def _known(self, region: str, tasks: Sequence[Task], now: datetime, errors: list[str]) -> Known:
        blocks = {task.ending.block.reservation_id: task.ending for task in tasks}
        active = {i: each for i, each in blocks.items() if each.block.state is ReservationState.ACTIVE}
        owned = sorted(i for i, each in blocks.items() if each.block.owned)
        paying, trouble = self._paying(region, owned, errors)
        return Known(
            now=now,
            paying=paying,
            trouble=trouble,
            usage=self.utilization[region].usages(
                {i: each.wishes.reminders.accelerator_metric for i, each in active.items()},
                {i: each.block.start for i, each in active.items()},
                now,
            )
            if active
            else {},
        )

    def _paying(
        self, region: str, owned: Sequence[str], errors: list[str]
    ) -> tuple[Mapping[str, Extension] | None, str]:
        """Return the extensions that are being paid, or why they are not known: a reminder is said all the same."""
        try:
            return (self.regions[region].pending_extensions(owned) if owned else {}), ""
        except AwsError as error:
            errors.append(f"{region}: {error}")
            return None, str(error)

    def _do(self, region: str, task: Task, known: Known, done: list[dict[str, str]], errors: list[str]) -> None:
        block = task.ending.block
        try:
            if task.renewal is not None:
                done += self._renew(region, task, task.renewal, known)
            if task.lead is not None:
                notice = reminder(self._outlook(region, task.ending, task.lead, known))
                if (outcome := self.speaker.say(region, notice)) == SAID:
                    done.append({"reservation_id": block.reservation_id, "did": outcome, "notice": notice.title})
        except AwsError as error:
            errors.append(f"{block.reservation_id}: {error}")
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this block's: the handler raises it
            errors.append(f"{block.reservation_id}: {type(error).__name__}: {error}")

    def _renew(self, region: str, task: Task, attempt: int, known: Known) -> list[dict[str, str]]:
        block, pool, settings = task.ending.block, task.ending.pool, task.ending.wishes.renewal
        if pool is None or known.paying is None:  # more time may have been bought already
            return []
        is_paying = block.reservation_id in known.paying
        if not decision.is_due(known.now, block, settings, task.ending.succession, is_paying=is_paying):
            return []
        verdict = decision.decide(known.now, block, pool, settings, known.usage.get(block.reservation_id, Usage()))
        if isinstance(verdict, decision.NotRenewed):
            notice = renewal_notice.not_renewed(known.now, block, pool, settings, verdict)
        else:
            if self.renewer is not None:
                verdict = self.renewer.renew(block, verdict, attempt)
            notice = renewal_notice.begun(block, verdict)
        outcome = self.speaker.say(region, notice)
        return [{"reservation_id": block.reservation_id, "did": outcome, "notice": notice.title}]

    def _outlook(self, region: str, ending: Ending, lead: timedelta, known: Known) -> Outlook:
        block, wishes = ending.block, ending.wishes
        looked = [each for each in self.offers.of(region, block.reservation_id) if each.want.end == block.end]
        return Outlook(
            now=known.now,
            block=block,
            pool=ending.pool,
            lead=lead,
            policy=wishes.policy,
            settings=wishes.reminders,
            renewal=wishes.renewal,
            usage=known.usage.get(block.reservation_id, Usage()),
            succession=ending.succession,
            paying=(known.paying or {}).get(block.reservation_id),
            paying_trouble=known.trouble,
            found=tuple(looked),
            money=wishes.money,
            book=self._book(ending.pool, known.books),
            extension_machine=self.machines.extension_state_machine,
            purchase_machine=self.machines.purchase_state_machine,
        )

    def _book(self, pool: str | None, known: dict[str, Book | None]) -> Book | None:
        """Return the pool's book; without it a reminder says less, and is said all the same."""
        if pool is not None and pool not in known:
            try:
                known[pool] = self.books.book(pool)
            except (AwsError, ValueError):  # a book of a later version
                known[pool] = None
        return None if pool is None else known[pool]


def _task(now: datetime, ending: Ending, said: Mapping[str, datetime]) -> Task | None:
    lead = None
    if not ending.succession.is_covered:
        lead = ladder.due(now, ending.block, ending.wishes.reminders.ladder, said)
    renewal = _attempt(now, ending, said) if _renews(now, ending) else None
    return Task(ending=ending, lead=lead, renewal=renewal) if lead is not None or renewal is not None else None


def _renews(now: datetime, ending: Ending) -> bool:
    """Whether a renewal is due, for all that is known without asking."""
    block, settings = ending.block, ending.wishes.renewal
    return ending.pool is not None and decision.is_due(now, block, settings, ending.succession, is_paying=False)


def _attempt(now: datetime, ending: Ending, said: Mapping[str, datetime]) -> int | None:
    """Return which attempt at a renewal is to be made; that the first was begun was then said."""
    return decision.attempt(now, said.get(renewal_notice.begun_key(ending.block)), ending.wishes.renewal)


def _renewal_at(now: datetime, ending: Ending, said: Mapping[str, datetime]) -> datetime | None:
    """Return when a renewal is decided next."""
    settings, begun_at = ending.wishes.renewal, said.get(renewal_notice.begun_key(ending.block))
    first_at = ending.block.end - settings.lead
    if settings.is_on and first_at > now:
        return first_at
    if not _renews(now, ending):
        return None
    if begun_at is None:
        return now + AGAIN
    return decision.next_attempt_at(now, begun_at) if settings.mode is RenewalMode.EXTEND else None


def _next(now: datetime, ending: Ending, said: Mapping[str, datetime]) -> datetime | None:
    """Return when something is due of a block as things stand."""
    block, wishes = ending.block, ending.wishes
    if ending.succession.is_covered:
        return None
    instants = [ladder.next_rung(now, block, wishes.reminders.ladder), _renewal_at(now, ending, said)]
    return min((each for each in instants if each is not None), default=None)
