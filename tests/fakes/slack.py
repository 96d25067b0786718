"""Slack, and what stands behind its buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from capacity_blocks.ports import AwsError
from capacity_blocks.slack_ports import ReplyError


@dataclass
class FakeSecrets:
    held: dict[str, str] = field(default_factory=dict)
    reads: int = 0
    error: AwsError | None = None

    def text(self, arn: str) -> str:
        if self.error is not None:
            raise self.error
        self.reads += 1
        return self.held[arn]


@dataclass
class FakeReplies:
    """What was posted where, in order."""

    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    error: ReplyError | None = None

    def post(self, url: str, body: Mapping[str, Any]) -> None:
        if self.error is not None:
            raise self.error
        self.posted.append((url, dict(body)))

    @property
    def private(self) -> list[str]:
        return [body["text"] for _, body in self.posted if body.get("response_type") == "ephemeral"]

    @property
    def public(self) -> list[dict[str, Any]]:
        return [body for _, body in self.posted if body["replace_original"]]


@dataclass
class FakeWorkflows:
    """Executions by state machine and name, with their input. None of them ever ends."""

    started: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def start(self, machine: str, name: str, document: Mapping[str, Any]) -> bool:
        return self.started.setdefault((machine, name), dict(document)) == document
