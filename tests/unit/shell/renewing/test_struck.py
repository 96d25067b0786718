"""Every single failure and crash at every call of a run: each word once, twice after a crash; one renewal, always."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from capacity_blocks.core.reminder.ladder import key
from capacity_blocks.core.reminder.usage import Usage
from capacity_blocks.executor import Speaker
from capacity_blocks.ports import AwsError
from capacity_blocks.renewing.reminding import Reminding
from capacity_blocks.renewing.renewer import Renewer
from tests.factories import REGION
from tests.fakes import refused, unclear
from tests.unit.core.reminder.shapes import DAY, END, MINUTE, a_block
from tests.unit.shell.purchasing.stage import Watched
from tests.unit.shell.renewing.stage import MACHINES, Stage

BLOCK = a_block()
SAID = ["cr-0a:renewal:20260615T1130Z", key(BLOCK, DAY)]


class CrashError(BaseException):
    """The function is gone, as by a time-out."""


@dataclass
class Struck:
    """Strikes the nth call of a run, before or after it is done; counts them all."""

    nth: int | None = None
    raises: BaseException | None = None
    is_done_first: bool = False
    calls: list[str] = field(default_factory=list)

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        is_struck = self.raises is not None and len(self.calls) == self.nth
        if is_struck and not self.is_done_first:
            raise self.raises or CrashError
        done = call()
        if is_struck:
            raise self.raises or CrashError
        return done


def a_stage() -> Stage:
    stage = Stage()
    stage.hold(BLOCK)
    stage.utilization.held["cr-0a"] = Usage(instances=Decimal(97))
    stage.pool(renewal={"mode": "extend", "hours": 168, "most_fee": "50000"})
    stage.clock.instant = END - DAY
    return stage


def run(stage: Stage, name: str, around: Struck) -> None:
    def watched(port: Any, of: str) -> Any:
        return Watched(port, of, around)

    speaker = Speaker(
        ledger=watched(stage.ledger, "ledger"), notifier=watched(stage.notifier, "sns"), clock=stage.clock, run=name
    )
    Reminding(
        clock=stage.clock,
        regions={REGION: watched(stage.reservations, "ec2")},
        utilization={REGION: stage.utilization},
        pool_settings=watched(stage.settings, "ssm"),
        default=stage.reminding().default,
        ledger=speaker.ledger,
        books=watched(stage.books, "books"),
        offers=watched(stage.offers, "offers"),
        speaker=speaker,
        renewer=Renewer(
            renewals=watched(stage.renewals, "renewals"),
            workflows=watched(stage.workflows, "workflows"),
            machines=MACHINES,
        ),
        machines=MACHINES,
    ).remind()


def calls() -> list[str]:
    around = Struck()
    run(a_stage(), "run-1", around)
    return around.calls


CALLS = calls()
FAULTS: dict[str, tuple[BaseException, bool]] = {
    "refused": (refused(), False),
    "no answer": (unclear(), False),
    "lost reply": (unclear(), True),
    "crash before": (CrashError(), False),
    "crash after": (CrashError(), True),
}


def test_a_run_asks_for_everything_once() -> None:
    assert Counter(CALLS) == {
        "ssm.texts": 1,
        "ec2.capacity_blocks": 1,
        "ec2.pending_extensions": 1,
        "ledger.said": 1,
        "renewals.record": 1,
        "workflows.start": 1,
        "offers.of": 1,
        "books.book": 1,
        "ledger.begin_saying": 2,
        "sns.send": 2,
        "ledger.has_said": 2,
    }


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("nth", range(1, len(CALLS) + 1))
def test_whatever_is_struck_each_word_is_said_and_one_renewal_begins(nth: int, fault: str) -> None:
    raises, is_done_first = FAULTS[fault]
    stage = a_stage()
    with suppress(CrashError, AwsError):
        run(stage, "run-1", Struck(nth=nth, raises=raises, is_done_first=is_done_first))
    for number in range(2, 5):
        stage.clock.instant += 5 * MINUTE
        run(stage, f"run-{number}", Struck())

    said = Counter(stage.keys)
    assert said.keys() == set(SAID)
    assert sum(said.values()) <= len(SAID) + 1  # one repeat at most
    assert [(machine, name) for machine, name, _ in stage.started] == [("arn:extend", "renew-cr-0a-20260615t1130")]
    assert len(stage.renewals.held) == 1
