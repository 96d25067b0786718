"""Start what a click on a reminder asks for: the workflow of an extension, or of a purchase.

A click buys nothing: the workflow looks up what is on sale now, and asks for approval of exactly that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from capacity_blocks.clicking.reply import Reply
from capacity_blocks.core.extension.request import workflow_input
from capacity_blocks.core.purchase import approver, money
from capacity_blocks.core.reminder.gathering import can_be_asked_for
from capacity_blocks.core.renewal import successor
from capacity_blocks.core.slack import answer
from capacity_blocks.core.slack.click import Click
from capacity_blocks.core.slack.rewrite import Note
from capacity_blocks.core.slack.wish import HOUR, Extension, Successor
from capacity_blocks.core.words import hours, when
from capacity_blocks.pool_settings import PoolSettingsError
from capacity_blocks.ports import Clock, PoolSettings, Reservations
from capacity_blocks.purchase_ports import Workflows
from capacity_blocks.purchasing.survey import money_settings

GONE = "{} does not end at {} any more, or cannot be seen in {}: nothing was asked for."
UNNAMED = "It is not known what a block like {} is: nothing was asked for."
AGAIN = "It was asked for by this message already: its question, or what became of it, is a message of its own."


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    clock: Clock
    pool_settings: PoolSettings
    workflows: Workflows
    extension_machine: str
    purchase_machine: str
    reservations: Callable[[str], Reservations | None]  # of a region; None of one that is not watched

    def start(self, click: Click, wish: Extension | Successor) -> Reply:
        """Start what is wished by somebody who may approve it. Each button of a message starts one workflow, once."""
        try:
            settings = money_settings(self.pool_settings, wish.pool)
        except PoolSettingsError as error:
            return Reply(told=f"The settings of pool {wish.pool} cannot be read: {error}")
        if settings is None or approver.person(click.identity, settings.approvers) is None:
            return Reply(told=answer.unlisted(click.identity, wish.pool))
        document = self._extension(click, wish) if isinstance(wish, Extension) else self._request(wish)
        if isinstance(document, Reply):
            return document
        machine, name = self._machine(wish)
        if not self.workflows.start(machine, f"{name}-{click.message_ts.replace('.', '-')}", document):
            return Reply(told=AGAIN)
        asked = answer.started(_what(wish), click.identity, self.clock.now(), click.team, UTC)
        return Reply(note=Note(subject=name, text=asked, concerns=lambda value: value == click.value))

    def _machine(self, wish: Extension | Successor) -> tuple[str, str]:
        """Return the state machine, and what its execution is named after."""
        match wish:
            case Extension():
                return self.extension_machine, f"{wish.reservation_id}-{wish.duration // HOUR}h"
            case Successor():
                return self.purchase_machine, wish.request_id

    def _extension(self, click: Click, wish: Extension) -> Mapping[str, Any]:
        """Return the input of its workflow. A retry of a click has the same, a second click another."""
        return workflow_input(
            reservation_id=wish.reservation_id,
            region=wish.region,
            duration=wish.duration,
            why=f"{click.identity} asked for it in Slack (click {click.clicked_at})",
            automatic=False,
            most_fee=wish.most_fee,
            end=wish.end,
        )

    def _request(self, wish: Successor) -> Mapping[str, Any] | Reply:
        """Return the request for a block like the one that ends, as that one is now; or why there is none."""
        region = self.reservations(wish.region)
        blocks = () if region is None else region.capacity_blocks()
        found = (each for each in blocks if (each.reservation_id, each.end) == (wish.reservation_id, wish.end))
        if (block := next(found, None)) is None:
            return Reply(told=GONE.format(wish.reservation_id, when(wish.end), wish.region))
        if not can_be_asked_for(block):
            return Reply(told=UNNAMED.format(wish.reservation_id))
        fee = Decimal(wish.most_fee)
        return successor.document(block, wish.pool, start=wish.start, end=wish.until, most_fee=fee)


def _what(wish: Extension | Successor) -> str:
    match wish:
        case Extension():
            return (
                f"extend {wish.reservation_id}, which ends at {when(wish.end)}, by {hours(wish.duration)} hours "
                f"for at most {money.shown(Decimal(wish.most_fee))}"
            )
        case Successor():
            return (
                f"buy a block for pool {wish.pool} that follows {wish.reservation_id}, from {when(wish.start)} to "
                f"{when(wish.until)}, for at most {money.shown(Decimal(wish.most_fee))}"
            )
