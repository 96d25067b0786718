"""Plug the simulated Auto Scaling, the launching below it and the node groups above it into moto."""

import random
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.backends import get_backend

from simulator import launch_templates, tagging
from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.eks import api as eks
from simulator.launch import ec2
from simulator.launch.instances import Instances
from simulator.launch.slots import BlockSlots
from simulator.plug import ATTACHED, plug

from . import groups_api, groups_shown, hooks_api, instances_api, schedule_api, tags_api
from .journal import InstanceTerminated, Journal
from .region import AutoScaling
from .surroundings import Emit, Surroundings

_CALLS = {
    "create_auto_scaling_group": groups_api.create,
    "update_auto_scaling_group": groups_api.update,
    "delete_auto_scaling_group": groups_api.delete,
    "describe_auto_scaling_groups": groups_shown.describe,
    "set_desired_capacity": groups_api.set_desired_capacity,
    "suspend_processes": groups_api.suspend_processes,
    "resume_processes": groups_api.resume_processes,
    "create_or_update_tags": tags_api.create_or_update,
    "delete_tags": tags_api.delete,
    "describe_tags": tags_api.describe,
    "describe_auto_scaling_instances": instances_api.describe,
    "describe_scaling_activities": instances_api.describe_activities,
    "set_instance_protection": instances_api.set_protection,
    "set_instance_health": instances_api.set_health,
    "enter_standby": instances_api.enter_standby,
    "exit_standby": instances_api.exit_standby,
    "attach_instances": instances_api.attach,
    "detach_instances": instances_api.detach,
    "terminate_instance_in_auto_scaling_group": instances_api.terminate,
    "put_scheduled_update_group_action": schedule_api.put_action,
    "batch_put_scheduled_update_group_action": schedule_api.batch_put_actions,
    "delete_scheduled_action": schedule_api.delete_action,
    "batch_delete_scheduled_action": schedule_api.batch_delete_actions,
    "describe_scheduled_actions": schedule_api.describe_actions,
    "put_lifecycle_hook": hooks_api.put,
    "describe_lifecycle_hooks": hooks_api.describe,
    "describe_lifecycle_hook_types": hooks_api.describe_types,
    "delete_lifecycle_hook": hooks_api.delete,
    "complete_lifecycle_action": hooks_api.complete,
    "record_lifecycle_action_heartbeat": hooks_api.record_heartbeat,
    "put_warm_pool": schedule_api.put_warm_pool,
    "describe_warm_pool": schedule_api.describe_warm_pool,
    "delete_warm_pool": schedule_api.delete_warm_pool,
}


def install() -> None:
    """Make moto's Auto Scaling, launching, templates and node groups ours where attached. Harmless when done again."""
    ec2.install()
    launch_templates.install()
    eks.install()
    tagging.install()
    plug(AutoScalingResponse, lambda response: getattr(response.autoscaling_backend, ATTACHED, None), _CALLS)


def attach(
    account: str,
    region: str,
    clock: VirtualClock,
    slots: BlockSlots,
    rng: random.Random,
    assumptions: Assumptions,
    emit: Emit,
    journal: Journal | None = None,
) -> AutoScaling:
    """Let one account and Region of the current mock behave as AWS. A new mock starts without it."""
    backend: Any = get_backend("autoscaling")[account][region]
    # A stream for each, so that one more draw of one does not change what happens to the others.
    streams = [random.Random(rng.getrandbits(64)) for _ in range(3)]
    instances = Instances(get_backend("ec2")[account][region], clock, slots, streams[0], assumptions)
    surroundings = Surroundings(
        account=account,
        region=region,
        clock=clock,
        instances=instances,
        rng=streams[1],
        assumptions=assumptions,
        emit=emit,
        journal=Journal() if journal is None else journal,
    )
    simulated = AutoScaling(surroundings)
    instances.on_gone.append(lambda instance_id: _note_end(surroundings, instance_id))
    setattr(backend, ATTACHED, simulated)
    ec2.attach(instances)
    eks.attach(account, region, simulated, slots, streams[2])
    return simulated


def _note_end(surroundings: Surroundings, instance_id: str) -> None:
    instance = surroundings.instances.backend.get_instance(instance_id)
    surroundings.journal.add(
        InstanceTerminated(
            at=surroundings.clock.now(),
            region=surroundings.region,
            instance_id=instance_id,
            reservation_id=instance.capacity_reservation_id,
        )
    )
