"""One question in Slack, and people who click on it."""

from collections.abc import Mapping
from typing import Any

from capacity_blocks.clicking.answerer import Answerer
from capacity_blocks.clicking.starter import Starter
from capacity_blocks.core.slack.click import essence
from capacity_blocks.purchasing.decider import Decider
from tests.factories import a_reservation, at
from tests.fakes.ec2 import FakeReservations
from tests.fakes.slack import FakeReplies, FakeWorkflows
from tests.slack import ADA, BEN, EVE, a_click, a_message, blocks_of, buttons
from tests.unit.shell.purchasing.stage import Around, Stage, Watched, a_stage, chosen, unwatched

# With more tags than a button holds.
BLOCK = a_reservation(
    reservation_id="cr-0a",
    start=at("2026-05-01T11:30"),
    end=at("2026-05-11T11:30"),
    tags={f"key-{number}": "v" * 120 for number in range(12)},
)
BY_ADA, BY_BEN, BY_EVE = (f"slack:T0TEAM/{user}" for user in (ADA, BEN, EVE))


class Slack:
    """One question in Slack, and people who click on it."""

    def __init__(self, **money: Any) -> None:
        self.stage: Stage = a_stage()
        self.stage.spend(**({"approvers": [BY_ADA, BY_BEN]} | money))
        chosen(self.stage)
        self.stage.tokens.waiting.add("token-1")
        self.stage.steps().ask({"intent": self.stage.named, "token": "token-1"})
        self.replies, self.workflows = FakeReplies(), FakeWorkflows()
        self.reservations = FakeReservations()
        self.reservations.hold(BLOCK)
        self.yes, self.no = self.value("approve"), self.value("reject")
        self.message: Mapping[str, Any] = a_message(buttons(self.yes, self.no))

    def value(self, said: str) -> dict[str, str]:
        intent = self.stage.intent
        return {"intent_id": intent.intent_id, "terms": intent.terms.hash, "decision": said}

    def answerer(self, around: Around = unwatched) -> Answerer:
        """Make what one invocation has; each call of a port goes through `around`."""

        def watched(name: str, port: Any) -> Any:
            return port if around is unwatched else Watched(port, name, around)

        stage, steps = self.stage, self.stage.steps("click", around)
        decider = Decider(
            clock=stage.clock,
            ledger=steps.ledger,
            pool_settings=steps.pool_settings,
            tokens=watched("tokens", stage.tokens),
            scribe=steps.scribe,
        )
        starter = Starter(
            clock=stage.clock,
            pool_settings=steps.pool_settings,
            workflows=watched("workflows", self.workflows),
            extension_machine="extension",
            purchase_machine="purchase",
            reservations={"us-east-2": watched("reservations", self.reservations)}.get,
        )
        return Answerer(decider=decider, starter=starter, replies=watched("replies", self.replies))

    def event(self, value: Mapping[str, str] | None = None, user: str = ADA) -> dict[str, Any]:
        event = essence(a_click(self.yes if value is None else value, self.message, user=user))
        assert event is not None
        return event

    def click(self, value: Mapping[str, str] | None = None, user: str = ADA) -> dict[str, Any]:
        """Click, and have the message as it then is."""
        answer = self.answerer().answer(self.event(value, user))
        self.look()
        return answer

    def look(self) -> None:
        """Have the message as everybody in the channel sees it now."""
        if self.replies.public:
            self.message = {"ts": self.message["ts"], **self.replies.public[-1]}

    @property
    def said(self) -> str:
        """What stands in the message beside what was asked."""
        found = [each for each in blocks_of(self.message) if "answered" in each.get("block_id", "")]
        return str(found[-1]["text"]["text"]) if found else ""

    @property
    def has_buttons(self) -> bool:
        return any(each["type"] == "actions" for each in blocks_of(self.message))
