"""One Region of the account: Capacity Blocks, Auto Scaling and EKS behind moto's public face."""

from collections.abc import Sequence
from typing import Any, Protocol

from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from simulator import auto_scaling, cloudwatch, ecs, moto_ec2, quotas, run_command, tagging
from simulator.assumptions import Assumptions
from simulator.auto_scaling.journal import Journal as GroupJournal
from simulator.capacity_blocks import CapacityBlockEngine
from simulator.clock import VirtualClock
from simulator.eks import api as eks
from simulator.journal import Journal
from simulator.randomness import component


class Emit(Protocol):
    """Hand an event to the Region's bus."""

    def __call__(self, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str]) -> None: ...


class Region:
    """What is ours in a Region: its engine, its groups, and what happened to them."""

    def __init__(
        self, name: str, clock: VirtualClock, assumptions: Assumptions, seed: int, emit: Emit, journal: Journal
    ) -> None:
        self.name = name
        account = DEFAULT_ACCOUNT_ID
        moto_ec2.install()
        auto_scaling.install()
        eks.install()
        tagging.install()
        quotas.install()
        run_command.install()
        ecs.install()
        cloudwatch.install()
        rng = component(seed, f"capacity blocks:{name}")
        self.engine = CapacityBlockEngine(clock, name, account, rng, assumptions, emit)
        moto_ec2.bind(get_backend("ec2")[account][name], self.engine)
        quotas.attach(self.engine)
        self.facts = GroupJournal()
        self.facts.on_fact.append(journal.adopt)
        self.auto_scaling = auto_scaling.attach(
            account=account,
            region=name,
            clock=clock,
            slots=self.engine,
            rng=component(seed, f"auto scaling:{name}"),
            assumptions=assumptions,
            emit=emit,
            journal=self.facts,
        )

        eks_rng = component(seed, f"eks:{name}")
        self.node_groups = eks.attach(account, name, self.auto_scaling, self.engine, eks_rng)
        instances = self.auto_scaling.at.instances
        commands_rng = component(seed, f"run command:{name}")
        self.run_command = run_command.attach(account, name, clock, instances, commands_rng, assumptions)
        self.container_instances = ecs.attach(account, name, clock, instances, component(seed, f"ecs:{name}"))
        self.metrics = cloudwatch.Metrics(self.engine, instances, clock.now)
        cloudwatch.attach(account, name, self.metrics)
