"""Somebody with credentials of their own, at AWS and in Slack."""

from dataclasses import dataclass

from simulator.demo.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Who they are in the story, to IAM, and to Slack."""

    actor: Actor
    arn: str
    slack: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]
