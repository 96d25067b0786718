"""One-shot schedules that run this application when something is due."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code, raises_aws_error
from capacity_blocks.ports import Clock

if TYPE_CHECKING:
    from types_boto3_scheduler.client import EventBridgeSchedulerClient

MINUTE = timedelta(minutes=1)
ASKED_BEFORE = "ConflictException"


class SchedulerWakeups:
    """Schedules of `group` that invoke `function_arn` as `role_arn`."""

    PERMISSIONS = frozenset({"scheduler:CreateSchedule"})
    # For role_arn ("Actions, resources, and condition keys for Amazon EventBridge Scheduler").
    DEPENDENT_PERMISSIONS = frozenset({"iam:PassRole"})

    def __init__(
        self,
        client: "EventBridgeSchedulerClient",
        clock: Clock,
        *,
        group: str,
        function_arn: str,
        role_arn: str,
        dead_letters_arn: str,
    ) -> None:
        self._client = client
        self._clock = clock
        self._group = group
        self._function_arn = function_arn
        self._role_arn = role_arn
        self._dead_letters_arn = dead_letters_arn
        self._asked: set[datetime] = set()  # outlives one call: a warm function asks for an instant once

    @raises_aws_error
    def wake_at(self, instant: datetime) -> None:
        """Have the function run a minute early: a schedule runs somewhere within its minute ("Schedule types").

        What is nearer than that is left to the sweep, which runs each minute and is as fast.
        """
        instant, now = instant.astimezone(UTC), self._clock.now()
        early = (instant - MINUTE).replace(second=0, microsecond=0)
        if early <= now or instant in self._asked:
            return
        self._create(instant, early)
        self._asked = {each for each in self._asked if each > now} | {instant}

    def _create(self, instant: datetime, early: datetime) -> None:
        try:
            self._client.create_schedule(
                Name=f"look-again-{instant:%Y%m%dT%H%M%S}",
                GroupName=self._group,
                ScheduleExpression=f"at({early:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",  # one that has run counts against the quota until it is deleted
                Target={
                    "Arn": self._function_arn,
                    "RoleArn": self._role_arn,
                    "Input": json.dumps({"trigger": "look-again", "look_again_at": f"{instant:%Y-%m-%dT%H:%M:%SZ}"}),
                    "DeadLetterConfig": {"Arn": self._dead_letters_arn},
                    "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300},
                },
            )
        except ClientError as error:
            if code(error) != ASKED_BEFORE:
                raise
