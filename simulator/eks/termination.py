"""How EKS lets the nodes of a managed node group go: a hook of its own holds each while EKS drains it, for so long."""

import random
from datetime import datetime, timedelta

from simulator.auto_scaling.hook import Result, Transition
from simulator.auto_scaling.journal import Fact, LifecycleActionBegan
from simulator.auto_scaling.region import AutoScaling
from simulator.auto_scaling.surroundings import AutoScalingError

# Assumed, all three: EKS documents that it drains, not by which hook.
HOOK = "Terminate-LC-Hook"
HEARTBEAT = timedelta(minutes=30)
SPECIFICATION = {
    "LifecycleHookName": HOOK,
    "LifecycleTransition": str(Transition.TERMINATING),
    "HeartbeatTimeout": int(HEARTBEAT.total_seconds()),
    "DefaultResult": str(Result.CONTINUE),
}


class Terminations:
    """Drains what waits for EKS's hook. Pods are not played: a drain takes as long as is assumed.

    "Delete a managed node group": pods that have not gone after some minutes are left on the node, and Auto Scaling
    goes on with the termination.
    """

    def __init__(self, region: AutoScaling, rng: random.Random) -> None:
        self._region, self._rng = region, rng
        self.given_up: list[str] = []  # instances that went with pods on them
        region.at.journal.on_fact.append(self._look)

    def _look(self, fact: Fact) -> None:
        if isinstance(fact, LifecycleActionBegan) and fact.hook == HOOK:
            assumptions = self._region.at.assumptions
            takes, most = assumptions.node_group_drain.draw(self._rng), assumptions.node_group_drain_at_most
            is_over = fact.at + min(takes, most)
            self._at(is_over, fact, is_drained=takes <= most)

    def _at(self, instant: datetime, began: LifecycleActionBegan, *, is_drained: bool) -> None:
        def complete() -> None:
            actions = self._region.lifecycle_actions
            try:
                action = actions.find(began.group, HOOK, None, began.instance_id)
            except AutoScalingError:
                return  # it waits no more: the group was deleted by force
            if not is_drained:
                self.given_up.append(began.instance_id)
            actions.complete(action, Result.CONTINUE)

        self._region.at.clock.call_at(instant, complete, f"eks: drain of {began.instance_id}")
