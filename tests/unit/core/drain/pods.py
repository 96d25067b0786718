"""Pods for tests of the drain's core, and what was asked of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_blocks.core.drain.eviction import Answer, Asked, Reply
from capacity_blocks.core.drain.pod import Controller, Pod

NOW = datetime(2026, 3, 2, 10, 50, tzinfo=UTC)
DEADLINE = NOW + timedelta(minutes=9)
REPLICA_SET = Controller(api_version="apps/v1", kind="ReplicaSet", name="web-5d4f8")
SECOND = timedelta(seconds=1)


def a_pod(name: str = "web-1", *, namespace: str = "default", **given: Any) -> Pod:
    given.setdefault("controller", REPLICA_SET)
    return Pod(namespace=namespace, name=name, uid=f"uid-of-{name}", **given)


def was_asked(
    answer: Answer, *, ago: timedelta = timedelta(0), since: timedelta | None = None, now: datetime = NOW, **reply: Any
) -> Asked:
    """Say that a pod was asked `ago`, and for the first time `since`."""
    told = Reply(answer=answer, **reply)
    return Asked(at=now - ago, since=now - (ago if since is None else since), reply=told, budget=told.budget)


def held(**given: Any) -> Asked:
    words = "The disruption budget web needs 2 healthy pods and has 2 currently"
    return was_asked(Answer.HELD, **{"budget": "web", "words": words} | given)
