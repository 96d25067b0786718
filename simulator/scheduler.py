"""EventBridge Scheduler: the schedules that moto stores are validated as AWS does, and fire on the virtual clock."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from moto.core import DEFAULT_ACCOUNT_ID
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import scheduler_backends
from moto.scheduler.responses import EventBridgeSchedulerResponse

from simulator.assumptions import Assumptions
from simulator.clock import Timer, VirtualClock
from simulator.delivery import Delivery, UndeliverableError
from simulator.faults import Fault, Faults
from simulator.firing import Firing, payload_of
from simulator.journal import Journal, written
from simulator.randomness import component
from simulator.schedule_expression import Expression, Once, parse

# Assumed: how much later the second run of a schedule comes that is delivered twice.
_DUPLICATE_AFTER = timedelta(seconds=1)


class Scheduler:
    """The schedules of all Regions, whoever made them: the template or a handler in the run."""

    def __init__(
        self,
        clock: VirtualClock,
        assumptions: Assumptions,
        faults: Faults,
        journal: Journal,
        delivery: Delivery,
        seed: int,
    ) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._faults = faults
        self._journal = journal
        self._delivery = delivery
        self._seed = seed
        self._timers: dict[str, Timer] = {}
        self._tokens: dict[str, str] = {}
        self.skip: Callable[[Firing], bool] = lambda _firing: False

    @contextmanager
    def installed(self) -> Iterator[None]:
        create = EventBridgeSchedulerResponse.create_schedule
        update = EventBridgeSchedulerResponse.update_schedule
        delete = EventBridgeSchedulerResponse.delete_schedule

        def created(response: Any) -> str:
            token = response._get_param("ClientToken")
            if token in self._tokens:  # the SDK repeats a call under one token, and AWS answers as before
                return json.dumps({"ScheduleArn": self._tokens[token]})
            self._refuse_nonsense(response)
            answer: str = create(response)
            self._tokens[token] = json.loads(answer)["ScheduleArn"]
            self._arm(response)
            return answer

        def updated(response: Any) -> str:
            self._refuse_nonsense(response)
            answer: str = update(response)
            # UpdateSchedule replaces everything, with defaults for what is not said; moto forgets these two.
            stored = self._stored(response)
            stored.action_after_completion = response._get_param("ActionAfterCompletion")
            stored.state = response._get_param("State") or "ENABLED"
            self._arm(response)
            return answer

        def deleted(response: Any) -> str:
            schedule = self._stored(response)
            answer: str = delete(response)
            self._disarm(schedule.arn)
            return answer

        patch = mock.patch.multiple(
            EventBridgeSchedulerResponse, create_schedule=created, update_schedule=updated, delete_schedule=deleted
        )
        with patch:
            yield

    # --- validation ---

    def _refuse_nonsense(self, response: Any) -> None:
        group = response._get_param("GroupName") or "default"
        if group not in response.scheduler_backend.schedule_groups:
            raise ScheduleGroupNotFound(group)
        zone = response._get_param("ScheduleExpressionTimezone")
        expression = parse(response._get_param("ScheduleExpression"), zone)
        expression.refuse_past(self._clock.now())

    def _stored(self, response: Any) -> Any:
        name = response.uri.split("?")[0].rsplit("/", 1)[-1]
        group = response._get_param("GroupName") or response._get_param("groupName")
        return response.scheduler_backend.get_schedule(group, name)

    # --- timers ---

    def _arm(self, response: Any) -> None:
        schedule = self._stored(response)
        self._disarm(schedule.arn)
        if schedule.state == "ENABLED":
            start = _instant(schedule.start_date) or self._clock.now()
            self._set_timer(schedule, start)

    def _disarm(self, arn: str) -> None:
        timer = self._timers.pop(arn, None)
        if timer is not None:
            timer.cancel()

    def _set_timer(self, schedule: Any, start: datetime, after: datetime | None = None) -> None:
        expression = parse(schedule.schedule_expression, schedule.schedule_expression_timezone)
        due = expression.next(start, after)
        end = _instant(schedule.end_date)
        if due is None or (end is not None and due > end):
            return
        fire_at = due + self._precision(schedule.arn)
        self._timers[schedule.arn] = self._clock.call_at(
            fire_at, lambda: self._fire(schedule, start, due, expression), schedule.name
        )

    def _precision(self, arn: str) -> timedelta:
        """Say how late in its minute a schedule fires: a whole second, its own, the same each time."""
        drawn = self._assumptions.schedule_precision.draw(component(self._seed, f"schedule:{arn}"))
        return timedelta(seconds=int(drawn.total_seconds()))

    # --- firing ---

    def _fire(self, schedule: Any, start: datetime, due: datetime, expression: Expression) -> None:
        recurring = not isinstance(expression, Once)
        if recurring:
            self._set_timer(schedule, start, due)
        firing = Firing(name=schedule.name, target=schedule.target["Arn"], recurring=recurring, due=due)
        if not self.skip(firing):
            self._run(schedule, firing)
        if not recurring:
            self._timers.pop(schedule.arn, None)
            if schedule.action_after_completion == "DELETE":
                self._forget(schedule)

    def _run(self, schedule: Any, firing: Firing) -> None:
        if self._faults.strike(Fault.SCHEDULE_LOST, schedule.name):
            return
        self._deliver(schedule, firing)
        if self._faults.strike(Fault.SCHEDULE_DUPLICATED, schedule.name):
            self._clock.call_in(_DUPLICATE_AFTER, lambda: self._deliver(schedule, firing), schedule.name)

    def _deliver(self, schedule: Any, firing: Firing) -> None:
        target, due, execution = schedule.target, firing.due, self._execution_id(schedule, firing)
        payload = payload_of(schedule, due, execution)
        try:
            self._delivery.send(target["Arn"], payload, firing.trigger, target.get("SqsParameters"))
        except UndeliverableError as failure:
            self._journal.add("schedule undelivered", schedule.name, f"{target['Arn']}: {failure}")
            queue = target.get("DeadLetterConfig", {}).get("Arn")
            if queue is not None:
                # "Configuring a dead-letter queue for EventBridge Scheduler" lists these attributes.
                attributes = {
                    "ERROR_CODE": failure.code,
                    "ERROR_MESSAGE": failure.message,
                    "EXECUTION_ID": execution,
                    "RETRY_ATTEMPTS": "0",
                    "SCHEDULE_ARN": schedule.arn,
                    "SCHEDULED_TIME": written(due),
                    "TARGET_ARN": target["Arn"],
                }
                self._delivery.message(queue, payload, attributes)

    def _execution_id(self, schedule: Any, firing: Firing) -> str:
        """Give the id of one firing: by what fires and when, so that one that is left out moves no other."""
        chance = component(self._seed, f"execution:{schedule.arn}:{firing.due.isoformat()}")
        return str(UUID(int=chance.getrandbits(128), version=4))

    def _forget(self, schedule: Any) -> None:
        backend = scheduler_backends[DEFAULT_ACCOUNT_ID][schedule.arn.split(":")[3]]
        group = backend.schedule_groups.get(schedule.group_name)
        if group is not None and group.schedules.get(schedule.name) is schedule:
            group.delete_schedule(schedule.name)


def _instant(value: Any) -> datetime | None:
    match value:
        case None:
            return None
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case int() | float():
            return datetime.fromtimestamp(value, UTC)
        case _:
            return datetime.fromisoformat(str(value)).astimezone(UTC)
