"""A schedule whose time has come, and what its target is given."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A schedule whose time has come. `skip` of Scheduler may say that it need not run."""

    name: str
    target: str
    recurring: bool
    due: datetime

    @property
    def trigger(self) -> str:
        """What its runs say that they were started by."""
        return f"schedule {self.name}"


def payload_of(schedule: Any, due: datetime, execution: str) -> str:
    given = schedule.target.get("Input")
    if given is None:
        # Assumed, after what targets are seen to get: an event of the schedule's own.
        return json.dumps(
            {
                "version": "0",
                "id": execution,
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": DEFAULT_ACCOUNT_ID,
                "time": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": schedule.arn.split(":")[3],
                "resources": [schedule.arn],
                "detail": "{}",
            }
        )
    # "Adding context attributes in EventBridge Scheduler".
    text = str(given).replace("<aws.scheduler.schedule-arn>", schedule.arn)
    text = text.replace("<aws.scheduler.scheduled-time>", due.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return text.replace("<aws.scheduler.execution-id>", execution).replace("<aws.scheduler.attempt-number>", "1")
