"""What the function that looks at the nodes of a target is made of."""

from functools import cache

from capacity_blocks.adapters.autoscaling_lifecycle import AutoScalingLifecycle
from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.sns import SnsNotifier
from capacity_blocks.bootstrap import nodes
from capacity_blocks.bootstrap.client import client
from capacity_blocks.checking.checker import Checker
from capacity_blocks.checking.request import CheckRequest
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.log import Log
from capacity_blocks.executor import Speaker

SETTINGS = (DrainSettings,)
ADAPTERS = (*nodes.ADAPTERS, SnsNotifier)
READERS = (AutoScalingLifecycle,)


@cache
def _notifier(topic_arn: str) -> SnsNotifier:
    return SnsNotifier(
        client("sns"), topic_arn, SystemClock(), observe_only=False
    )  # whoever only observes looks at no nodes


def checker(settings: DrainSettings, request: CheckRequest, account: str, run: str, log: Log) -> Checker:
    clock = SystemClock()
    return Checker(
        clock=clock,
        place=nodes.place(request.region, account),
        policies=nodes.policies(settings, log),
        speaker=Speaker(
            ledger=nodes.notices(settings.ledger_table),
            notifier=_notifier(settings.topic_arn),
            clock=clock,
            run=run,
        ),
        open=nodes.nodes(request.region),
        log=log,
    )
