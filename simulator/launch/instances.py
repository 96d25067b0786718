"""The instances of one account in one Region: each launch takes a slot, each shut-down gives it back."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

from moto.ec2.models import instances as moto_instances
from moto.ec2.models.instances import InstanceState, StateReason

from simulator import changes
from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock

from .request import CAPACITY_BLOCK, LaunchRequest, check
from .slots import BlockSlots

# "Terminate Amazon EC2 instances": a terminated instance stays visible for a short while, usually under an hour.
TERMINATED_LISTED = timedelta(hours=1)
RECLAIMED_CODE = "Server.CapacityBlockExpired"  # assumed
RECLAIMED = "EC2 reclaimed the Capacity Block"
USER_INITIATED = "a person or program called TerminateInstances"


class Instances:
    """Launches, boots and ends what moto stores. `on_...` are told in the order in which they were appended."""

    def __init__(
        self, backend: Any, clock: VirtualClock, slots: BlockSlots, rng: random.Random, assumptions: Assumptions
    ) -> None:
        self.backend = backend
        self._clock = clock
        self._slots = slots
        self._rng = rng
        self._assumptions = assumptions
        self._live: dict[str, Any] = {}
        self.on_launched: list[Callable[[Any, LaunchRequest], None]] = []
        self.on_running: list[Callable[[str], None]] = []
        self.on_stopping: list[Callable[[str, str], None]] = []
        self.on_gone: list[Callable[[str], None]] = []
        slots.on_terminate(lambda instance_id: self.terminate(instance_id, RECLAIMED))

    def launch(self, request: LaunchRequest) -> Any:
        """Run one instance: pending at once, running after its boot time. Raises EC2's refusal and changes nothing."""
        check(request, on_demand_accelerators=self._assumptions.on_demand_accelerators)
        instance_id = moto_instances.random_instance_id()
        if request.reservation_id is not None:
            self._slots.place(
                request.reservation_id,
                instance_id=instance_id,
                instance_type=request.instance_type,
                availability_zone=request.availability_zone,
                market_type=request.market_type,
            )
        instance = self._create(instance_id, request)
        self._live[instance_id] = instance
        boot = self._assumptions.instance_start.draw(self._rng)
        self._clock.call_in(boot, lambda: self._running(instance_id), f"ec2: {instance_id} runs")
        changes.bump()
        for tell in self.on_launched:
            tell(instance, request)
        return instance

    def knows(self, instance_id: str) -> bool:
        """Whether the instance was launched here and has not shut down completely."""
        return instance_id in self._live

    def is_leaving(self, instance_id: str) -> bool:
        """Whether the instance shuts down, or is gone."""
        instance = self._live.get(instance_id)
        return instance is None or instance.state == "shutting-down"

    def terminate(self, instance_id: str, reason: str) -> None:
        """Shut an instance down. Harmless for one that is shutting down or gone."""
        if self.is_leaving(instance_id):
            return
        instance = self._live[instance_id]
        instance._state = InstanceState("shutting-down", 32)
        code = RECLAIMED_CODE if reason == RECLAIMED else "Client.UserInitiatedShutdown"
        instance.state_reason = StateReason(f"{code}: {reason}", code)
        if instance.capacity_reservation_id is not None:
            self._slots.release(instance_id)
        stop = self._assumptions.instance_stop.draw(self._rng)
        self._clock.call_in(stop, lambda: self._gone(instance_id), f"ec2: {instance_id} is gone")
        changes.bump()
        for tell in self.on_stopping:
            tell(instance_id, reason)

    def _create(self, instance_id: str, request: LaunchRequest) -> Any:
        # moto draws the id itself; the slot was taken under this one.
        with mock.patch.object(moto_instances, "random_instance_id", return_value=instance_id):
            run = self.backend.run_instances(
                request.image_id,
                1,
                None,
                [],
                instance_type=request.instance_type,
                subnet_id=request.subnet_id,
                # With a subnet, moto takes the zone from it; a zone that is given it looks up, and knows no Local Zone.
                placement=None if request.subnet_id else request.availability_zone,
                is_instance_type_default=False,
                lifecycle=CAPACITY_BLOCK if request.market_type == CAPACITY_BLOCK else None,
                tags={"instance": dict(request.tags)},
            )
        instance = run.instances[0]
        instance.run_id = run.id
        for interface in instance.nics.values():
            interface.delete_on_termination = True
        instance.region_name = self.backend.region_name
        instance._state = InstanceState("pending", 0)
        instance.launch_time = self._clock.now().replace(tzinfo=None)
        instance.capacity_reservation_id = request.reservation_id
        return instance

    def _running(self, instance_id: str) -> None:
        if self.is_leaving(instance_id):
            return
        self._live[instance_id]._state = InstanceState("running", 16)
        changes.bump()
        for tell in self.on_running:
            tell(instance_id)

    def _gone(self, instance_id: str) -> None:
        instance = self._live.pop(instance_id)
        reason = instance.state_reason
        instance.terminate()
        instance.state_reason = reason
        self._clock.call_in(TERMINATED_LISTED, lambda: self._forget(instance), f"ec2: {instance_id} is forgotten")
        changes.bump()
        for tell in self.on_gone:
            tell(instance_id)

    def _forget(self, instance: Any) -> None:
        self.backend.reservations.pop(instance.run_id, None)
        changes.bump()
