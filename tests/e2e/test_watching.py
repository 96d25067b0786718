"""Observe only and dry runs: what would be done is said, and nothing is done."""

import json
from typing import Any

import pytest

from tests.e2e.stage import DRAIN_AT, END, FUNCTION, MINUTE, ROOT, START, Stage, staged

OBSERVE_ONLY = {"ObserveOnly": "true"}


def written(stage: Stage) -> set[str]:
    return {call.name for call in stage.world.calls.of(FUNCTION) if call.mutating}


def console(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def test_nothing_but_the_ledger_is_written_while_it_only_observes() -> None:
    with staged(parameters=OBSERVE_ONLY) as stage:
        stage.block(1)
        stage.block(2, pool=None)
        group = stage.group()
        before = stage.described(group)
        stage.run_until(END)
        assert written(stage) == {"dynamodb.PutItem", "sns.Publish"}
        assert stage.described(group) == before
        assert stage.scheduled(group) == {}

        assert stage.kinds()
        for notice in stage.world.notices:
            assert notice.facts["observe_only"] is True
            assert "Observe only: nothing was changed." in notice.text
            assert notice.subject is not None
            assert "Observe only" in notice.subject
        items = stage.client("dynamodb").scan(TableName=stage.world.physical_id("Ledger"))["Items"]
        assert {item["kind"]["S"] for item in items} <= {f"observe-notice#{stage.world.home}", "watch"}


def test_a_console_run_shows_what_it_would_do_while_it_only_observes() -> None:
    with staged(parameters=OBSERVE_ONLY) as stage:
        block, group = stage.block(), stage.group()
        result = stage.world.invoke(FUNCTION, console("reconcile-everything"))
        assert result["mode"] == "observe only"
        [bind] = [step for step in result["steps"] if step["did"] == "Bind"]
        assert (bind["target"], bind["reservation_id"], bind["outcome"]) == (group, block, "only observed")


@pytest.mark.parametrize(
    "name", ["reconcile-dry-run", "reconcile-dry-run-one-pool", "reconcile-dry-run-one-reservation"]
)
def test_a_dry_run_returns_its_plan_and_sends_and_writes_nothing(name: str) -> None:
    with staged() as stage:
        block = stage.block(0)
        other = stage.block(1, pool="other")
        group = stage.group()
        stage.group("other-a", pool="other")
        result = stage.world.invoke(FUNCTION, console(name))
        assert written(stage) == set()
        assert stage.notices() == []
        assert stage.bound_to(group) is None
        assert result["mode"] == "dry run"
        binds = [step["reservation_id"] for step in result["steps"] if step["did"] == "Bind"]
        others = [] if "one" in name else [other]
        assert sorted(binds) == [block, *others]
        assert {step["outcome"] for step in result["steps"]} == {"dry run"}


def test_a_dry_run_in_the_middle_of_a_life_shows_where_the_block_is() -> None:
    with staged() as stage:
        block = stage.block(0)
        stage.group()
        stage.run_until(START + 30 * MINUTE)
        before = len(stage.world.calls.log), len(stage.notices())
        result = stage.world.invoke(FUNCTION, console("reconcile-dry-run-one-reservation"))
        assert result["steps"] == []
        [shown] = result["blocks"]
        assert (shown["reservation_id"], shown["phase"], shown["state"]) == (block, "usable", "active")
        assert shown["targets"] == ["train-a: 2 of 2 in service"]
        assert shown["next"] == f"scales to zero at {DRAIN_AT:%Y-%m-%d %H:%M} UTC"
        assert not [call for call in stage.world.calls.log[before[0] :] if call.mutating]
        assert len(stage.notices()) == before[1]
