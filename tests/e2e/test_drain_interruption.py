"""EC2 warns that it ends an instance itself, past every hook: its work is moved in the two minutes that are left."""

import json
from datetime import datetime, timedelta

from simulator.capacity_blocks.event import INTERRUPTION_WARNING
from simulator.faults import Fault, Faults, Strike
from simulator.launch.instances import RECLAIMED
from tests.e2e.drain_stage import DRAIN, END, DrainStage, drain_staged
from tests.e2e.stage import MINUTE, SECOND, START

WARNED_AT = START + 20 * MINUTE
ENDS_AT = WARNED_AT + 2 * MINUTE


def interrupted(told: DrainStage) -> str:
    """Let EC2 warn of the end of one instance in the middle of the block, and end it; return which."""
    told.stage.run_until(WARNED_AT)
    instance_id = told.stage.instances()[0]
    interrupt(told, instance_id, ENDS_AT)
    return instance_id


def interrupt(told: DrainStage, instance_id: str, at: datetime) -> None:
    detail = {
        "instance-id": instance_id,
        "instance-action": "terminate",
        "instance-termination-time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "instance-lifecycle": "capacity-block",
    }
    world = told.stage.world
    world.emit("aws.ec2", INTERRUPTION_WARNING, detail)
    instances = world.regions[world.home].auto_scaling.at.instances
    world.clock.call_at(at, lambda: instances.terminate(instance_id, RECLAIMED))


def evicted(told: DrainStage) -> set[str]:
    """The pods that were asked to go, by their deployment."""
    paths = [call.request.path for call in told.api.calls if call.request.path.endswith("/eviction")]
    return {path.split("/")[-2].rsplit("-", 1)[0] for path in paths}


def test_what_runs_on_a_warned_instance_is_moved_before_ec2_ends_it() -> None:
    with drain_staged() as told:
        told.running()
        told.fill(stops_in=timedelta(seconds=70))
        instance_id = interrupted(told)
        told.stage.run_until(ENDS_AT - SECOND)
        warned = [node for node in told.cluster.nodes.values() if node.unschedulable]
        assert [node.provider_id.rsplit("/", 1)[1] for node in warned] == [instance_id]
        assert told.outcomes() == ["drained"]
        assert told.waits() == []  # it is still in service for Auto Scaling: nothing waits, and nothing is completed
        assert told.stage.described()["DesiredCapacity"] == 2

        told.stage.run_until(ENDS_AT + 20 * MINUTE)
        assert _cut(told) == []
        assert len(evicted(told)) == 1
        # Auto Scaling has it wait for our hook though it is gone; it is let go, and another one takes its place.
        assert instance_id in told.ends()
        assert told.stage.instances(state="Terminating:Wait") == []
        assert len(told.stage.instances()) == 2
        assert told.stage.failures() == []


def test_a_pod_is_given_no_more_time_than_the_warning_leaves() -> None:
    with drain_staged() as told:
        told.running()
        told.fill(stops_in=5 * MINUTE, grace=600)
        interrupted(told)
        told.stage.run_until(ENDS_AT)
        asked = [json.loads(call.request.body) for call in told.api.calls if call.request.path.endswith("/eviction")]
        graces = {each["deleteOptions"]["gracePeriodSeconds"] for each in asked}
        assert all(60 <= grace < 120 for grace in graces)
        assert told.outcomes() == ["drained"]


def test_what_gives_no_way_is_named_before_ec2_ends_the_instance() -> None:
    with drain_staged() as told:
        told.running()
        told.fill(stops_in=timedelta(seconds=30))
        for number in range(2):
            told.hold_back(f"train-{number}")
        instance_id = interrupted(told)
        told.stage.run_until(ENDS_AT)
        [stuck] = told.stage.notices("stuck-drain")
        assert all(word in stuck["text"] for word in (instance_id, "ml/train-", "never"))

        told.stage.run_until(ENDS_AT + 10 * MINUTE)
        assert told.outcomes()[0] == "let go"
        assert len(_cut(told)) == 3
        assert told.stage.instances(state="Terminating:Wait") == []


def test_a_warning_that_is_taken_up_twice_is_drained_once() -> None:
    twice = Strike(fault=Fault.INVOKED_TWICE_AT_ONCE, at=DRAIN)
    with drain_staged(faults=Faults(twice)) as told:
        told.running()
        told.fill(stops_in=timedelta(seconds=70))
        interrupted(told)
        told.stage.run_until(ENDS_AT - SECOND)
        assert sorted(map(str, told.outcomes())) == ["another run is at it", "drained"]
        assert told.asked()["create pods/eviction"] == 3


def test_a_warning_shortens_the_drain_that_is_under_way() -> None:
    lead = 65 * MINUTE
    with drain_staged() as told:
        told.running(tags={"capacity-blocks:drain-lead-minutes": str(lead // MINUTE)})
        told.fill(stops_in=20 * MINUTE, grace=30 * 60)
        told.stage.run_until(END - lead + 3 * MINUTE)
        warned, other = told.stage.instances(state="Terminating:Wait")
        ends_at = told.stage.world.now + 2 * MINUTE
        interrupt(told, warned, ends_at)

        told.stage.run_until(END)
        assert _cut(told) == []
        assert told.ends()[warned][0] < ends_at  # what ran on it was told to stop sooner
        assert told.ends()[other][0] >= END - lead + 20 * MINUTE
        assert told.outcomes().count("another run is at it") == 1
        [closing] = told.stage.notices("drained")
        assert "2 of 2 nodes were drained" in closing["title"]


def _cut(told: DrainStage) -> list[str]:
    """The pods of jobs that had not come to their end when their node was taken away."""
    return [
        pod.name
        for at, pod in told.cluster.gone
        if ((end := pod.stopped_at()) is None or at < end) and pod.namespace == "ml"
    ]
