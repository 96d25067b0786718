"""Run Command of one account in one Region: what was sent, to whom, and how it goes there."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from moto.core.exceptions import ServiceException

from simulator import changes
from simulator.assumptions import Assumptions
from simulator.clock import VirtualClock
from simulator.launch.instances import Instances

from .command import DELIVERY_TIMED_OUT, EXECUTION_TIMED_OUT, Command, Invocation, Outcome, Script, Status

OWNED_BY_AMAZON = frozenset({"AWS-RunShellScript", "AWS-RunPowerShellScript"})
MOST_INSTANCES = 50  # botocore: SendCommandRequest.InstanceIds
USUAL_TIMEOUT = 3600  # seconds; "Understanding command timeouts", both for delivery and for execution


class RunCommandError(ServiceException):
    """Systems Manager refuses a call: a code of its API and a message."""


class RunCommand:
    """Sends commands to instances. `script` says what comes of them, `sent` and `invocations` what was."""

    def __init__(
        self, account: str, clock: VirtualClock, instances: Instances, rng: random.Random, assumptions: Assumptions
    ) -> None:
        self._account = account
        self._clock = clock
        self._instances = instances
        self._rng = rng
        self._assumptions = assumptions
        self.script = Script()
        self.sent: list[Command] = []
        self.invocations: list[Invocation] = []
        self.unmanaged: set[str] = set()  # instances without the agent

    def play(self, document: str, outcome: Outcome, instance_id: str | None = None) -> None:
        """Say what will come of a document, on all instances or on one. The document is then known."""
        self.script.say(document, outcome, instance_id)

    def send(self, params: Mapping[str, Any]) -> Command:
        """Take a command, or refuse it as SendCommand does."""
        document, ids = params["DocumentName"], list(params.get("InstanceIds") or ())
        if params.get("Targets"):
            raise NotImplementedError("the local AWS sends commands to instance ids, not to targets")
        if not (document in OWNED_BY_AMAZON or self.script.knows(document)):
            raise RunCommandError("InvalidDocument", f"document {document} does not exist in your account")
        self._check(ids)
        parameters = params.get("Parameters") or {}
        command = Command(
            command_id=str(UUID(int=self._rng.getrandbits(128), version=4)),
            document=document,
            instance_ids=tuple(ids),
            parameters=parameters,
            comment=params.get("Comment") or "",
            requested=self._clock.now(),
            delivery_timeout=timedelta(seconds=int(params.get("TimeoutSeconds") or USUAL_TIMEOUT)),
            execution_timeout=timedelta(seconds=int((parameters.get("executionTimeout") or [USUAL_TIMEOUT])[0])),
            listed=self._clock.now() + self._assumptions.command_listed.draw(self._rng),
        )
        self.sent.append(command)
        for instance_id in ids:
            self._begin(command, instance_id)
        return command

    def _check(self, ids: list[str]) -> None:
        if not 1 <= len(ids) <= MOST_INSTANCES:
            raise RunCommandError("ValidationException", f"InstanceIds must have 1 to {MOST_INSTANCES} members")
        if len(set(ids)) < len(ids):
            raise RunCommandError("DuplicateInstanceId", "")
        # InvalidInstanceId: shutting-down and terminated instances are in no valid state, nor is one without the agent.
        wrong = [one for one in ids if self._instances.is_leaving(one) or one in self.unmanaged]
        if wrong:
            message = f"Instances [[{', '.join(wrong)}]] not in a valid state for account {self._account}"
            raise RunCommandError("InvalidInstanceId", message)

    def _begin(self, command: Command, instance_id: str) -> None:
        invocation = Invocation(
            command=command, instance_id=instance_id, outcome=self.script.of(command.document, instance_id)
        )
        self.invocations.append(invocation)
        if invocation.outcome.delivered:
            delay = self._assumptions.command_delivery.draw(self._rng)
            self._clock.call_in(
                delay, lambda: self._start(invocation), f"ssm: {instance_id} receives {command.document}"
            )
        self._clock.call_at(command.expires, lambda: self._expire(invocation), f"ssm: {command.document} expires")

    def _start(self, invocation: Invocation) -> None:
        if invocation.status.final or self._instances.is_leaving(invocation.instance_id):
            return
        outcome, most = invocation.outcome, invocation.command.execution_timeout
        invocation.status, invocation.details, invocation.started = Status.IN_PROGRESS, "InProgress", self._clock.now()
        changes.bump()
        name = f"ssm: {invocation.command.document} ends on {invocation.instance_id}"
        self._clock.call_in(min(outcome.takes, most), lambda: self._finish(invocation), name)

    def _finish(self, invocation: Invocation) -> None:
        """End what ran. What an instance did when it was shut down, nobody hears of until the command expires."""
        if invocation.status.final or self._instances.is_leaving(invocation.instance_id):
            return
        outcome = invocation.outcome
        invocation.output, invocation.error = outcome.output, outcome.error
        if outcome.takes > invocation.command.execution_timeout:
            self._end(invocation, Status.TIMED_OUT, EXECUTION_TIMED_OUT, 137)  # the code of a killed script, assumed
        elif outcome.succeeds:
            self._end(invocation, Status.SUCCESS, "Success", 0)
        else:
            self._end(invocation, Status.FAILED, "Failed", outcome.response_code)

    def _expire(self, invocation: Invocation) -> None:
        if not invocation.status.final:
            self._end(invocation, Status.TIMED_OUT, DELIVERY_TIMED_OUT, -1)

    def _end(self, invocation: Invocation, status: Status, details: str, code: int) -> None:
        invocation.status, invocation.details, invocation.response_code = status, details, code
        invocation.ended = self._clock.now()
        changes.bump()

    def listed(self, command_id: str | None, instance_id: str | None) -> list[Invocation]:
        """The invocations that are shown by now ("The Run Command API follows an eventual consistency model")."""
        return [
            one
            for one in self.invocations
            if command_id in {None, one.command.command_id}
            and instance_id in {None, one.instance_id}
            and one.command.listed <= self._clock.now()
        ]
