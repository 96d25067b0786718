"""What the function that warns the nodes of a target is made of."""

from functools import partial

from capacity_blocks.adapters.autoscaling_lifecycle import AutoScalingLifecycle
from capacity_blocks.adapters.clock import SystemClock
from capacity_blocks.adapters.webhook import HttpsWebhooks
from capacity_blocks.bootstrap import commands, nodes
from capacity_blocks.drain_settings import DrainSettings
from capacity_blocks.draining.log import Log
from capacity_blocks.draining.marker import Marker
from capacity_blocks.draining.request import WarnRequest
from capacity_blocks.draining.warner import Warner

SETTINGS = (DrainSettings,)
ADAPTERS = (*nodes.ADAPTERS, *commands.ADAPTERS)
READERS = (AutoScalingLifecycle,)


def warner(settings: DrainSettings, request: WarnRequest, account: str, run: str, log: Log) -> Warner:
    return Warner(
        clock=SystemClock(),
        place=nodes.place(request.region, account),
        policies=nodes.policies(settings, log),
        ledger=nodes.notices(settings.ledger_table),
        marker=Marker(open=nodes.nodes(request.region)),
        commands=partial(commands.commands, request.region),
        webhooks=HttpsWebhooks(),
        log=log,
        run=run,
    )
