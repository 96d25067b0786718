"""The tags that people and this application speak to each other in, and what each may say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from capacity_blocks.core.drain.checkpoint import SSM_DOCUMENT

POOL = "capacity-blocks:pool"
INTENT = "capacity-blocks:intent"
APPROVED_BY = "capacity-blocks:approved-by"
UPFRONT_FEE = "capacity-blocks:upfront-fee"
INSTANCES = "capacity-blocks:instances"
SUBNETS = "capacity-blocks:subnets"
DRAIN = "capacity-blocks:drain"
DRAIN_LEAD = "capacity-blocks:drain-lead-minutes"
BOUND_TO = "capacity-blocks:bound-to"
HOOK = "capacity-blocks:hook"  # written by this application: the time-out of its lifecycle hook, in seconds

# A lead is counted back from the end. At 30 minutes EC2 starts to terminate; over a day is surely a slip of the pen.
LEAST_DRAIN_LEAD = timedelta(minutes=31)
MOST_DRAIN_LEAD = timedelta(hours=24)
MOST_INSTANCES = 64  # per block, DescribeCapacityBlockOfferingsRequest$InstanceCount
SUBNET_ID = "subnet-[0-9a-z-]+"
DRAIN_METHODS = "eks, ecs, none or ssm:<document>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A tag with a value that means nothing."""

    tag: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"tag {self.tag} is {self.value!r}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the tags of a group ask for."""

    instances: int | None = None  # None: all that the block has left
    subnets: tuple[str, ...] = ()  # (): the ones that the group has now
    drain: str = "none"
    drain_lead: timedelta | None = None  # None: the pool's
    mistakes: tuple[Mistake, ...] = ()


def wishes(tags: Mapping[str, str]) -> Wishes:
    """Read a group's tags. A wrong value leaves the default in its place and is named in `mistakes`."""
    mistakes: list[Mistake] = []

    def number(tag: str, least: int, most: int) -> int | None:
        text = tags.get(tag)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        mistakes.append(Mistake(tag=tag, value=text, allowed=f"a whole number from {least} to {most}"))
        return None

    instances = number(INSTANCES, 1, MOST_INSTANCES)
    lead = number(DRAIN_LEAD, _minutes(LEAST_DRAIN_LEAD), _minutes(MOST_DRAIN_LEAD))
    subnets = tuple(tags.get(SUBNETS, "").split())
    if wrong := [s for s in subnets if not re.fullmatch(SUBNET_ID, s)]:
        mistakes.append(Mistake(tag=SUBNETS, value=" ".join(wrong), allowed="subnet ids, separated by spaces"))
        subnets = ()
    drain = tags.get(DRAIN, "none")
    if not is_drain_method(drain):
        mistakes.append(Mistake(tag=DRAIN, value=drain, allowed=DRAIN_METHODS))
        drain = "none"
    return Wishes(
        instances=instances,
        subnets=subnets,
        drain=drain,
        drain_lead=None if lead is None else timedelta(minutes=lead),
        mistakes=tuple(mistakes),
    )


def hook(tags: Mapping[str, str]) -> timedelta | None:
    """Read what is remembered of our lifecycle hook: its time-out, 0 when that is not what it was written as."""
    text = tags.get(HOOK)
    if text is None:
        return None
    return timedelta(seconds=int(text)) if re.fullmatch("[0-9]{1,5}", text, re.ASCII) else timedelta()


def is_drain_method(text: str) -> bool:
    kind, _, document = text.partition(":")
    return text in {"eks", "ecs", "none"} or (kind == "ssm" and bool(re.search(SSM_DOCUMENT, document)))


def _minutes(duration: timedelta) -> int:
    return int(duration / timedelta(minutes=1))
