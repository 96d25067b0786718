"""What comes before a drain, and what an extension makes of it."""

from datetime import datetime, timedelta

from simulator.run_command.command import Outcome
from tests.e2e.drain_stage import DrainStage, drain_staged
from tests.e2e.stage import MINUTE, REGION, START

DAY = timedelta(days=1)
CHECKPOINT = "SaveWork"
MARK = "capacity-blocks.io/drain-at"


def marks(told: DrainStage) -> set[str | None]:
    """What the label and the taint of the nodes say, which is the same."""
    nodes = told.cluster.nodes.values()
    taints = {tuple(taint["value"] for taint in node.taints if taint["key"] == MARK) for node in nodes}
    labels = {node.labels.get(MARK) for node in nodes}
    assert taints == {() if label is None else (label,) for label in labels}
    return labels


def written(instant: datetime) -> str:
    return f"{instant:%Y%m%dT%H%M%SZ}"


def test_each_step_of_a_warning_comes_in_its_time_and_moves_with_the_end() -> None:
    with drain_staged() as told:
        stage, commands = told.stage, told.stage.world.regions[REGION].run_command
        commands.play(CHECKPOINT, Outcome())
        stage.settings("training", f'{{"drain": {{"checkpoint": {{"ssm_document": "{CHECKPOINT}"}}}}}}')
        end = START + 2 * DAY
        drain_at = end - 40 * MINUTE
        block = told.running(end=end)
        told.fill()
        instances = stage.instances()

        stage.run_until(drain_at - DAY - 2 * MINUTE)
        assert stage.notices("drain-ahead") == []
        stage.run_until(drain_at - DAY + 2 * MINUTE)
        assert [notice["title"] for notice in stage.notices("drain-ahead")] == [
            f"train-a is drained at {drain_at:%Y-%m-%d %H:%M} UTC"
        ]
        stage.run_until(drain_at - 52 * MINUTE)
        assert marks(told) == {None}
        stage.run_until(drain_at - 48 * MINUTE)
        assert marks(told) == {written(drain_at)}

        stage.extend(block, paid_after=5 * MINUTE)
        stage.run_until(drain_at - 40 * MINUTE)
        assert marks(told) == {None}
        drain_at += DAY
        stage.run_until(drain_at - 22 * MINUTE)
        assert marks(told) == {written(drain_at)}
        assert commands.sent == []
        stage.run_until(drain_at - 18 * MINUTE)
        assert [sorted(command.instance_ids) for command in commands.sent] == [sorted(instances)]
        assert stage.instances() == instances

        stage.run_until(drain_at + 3 * MINUTE)
        assert told.left() == []
        assert set(told.ends()) == set(instances)
        assert len(stage.notices("drain-ahead")) == 2
        assert len(commands.sent) == 1
