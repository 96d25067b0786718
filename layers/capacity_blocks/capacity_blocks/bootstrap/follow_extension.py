"""What the function that follows extensions is made of."""

from functools import cache
from typing import Any

from capacity_blocks.adapters.ec2_extension_history import Ec2ExtensionHistory
from capacity_blocks.adapters.ec2_reservations import Ec2Reservations
from capacity_blocks.bootstrap import desk
from capacity_blocks.bootstrap.client import client
from capacity_blocks.extending.finder import Finder
from capacity_blocks.extending.settler import Settler
from capacity_blocks.purchase_settings import FollowSettings, PurchaseSettings
from capacity_blocks.purchasing.follower import Follower

SETTINGS = (PurchaseSettings, FollowSettings)
ADAPTERS = (*desk.ADAPTERS, Ec2ExtensionHistory)
READERS = (Ec2Reservations,)


@cache
def _ec2(region: str) -> Any:
    return client("ec2", region)


def follower(settings: PurchaseSettings, following: FollowSettings, account: str, run: str) -> Follower:
    at = desk.desk(settings, run)
    history = {region: Ec2ExtensionHistory(_ec2(region)) for region in settings.regions}
    return Follower(
        clock=at.clock,
        ledger=at.ledger,
        bookkeeper=at.bookkeeper,
        scribe=at.scribe,
        finder=Finder(clock=at.clock, scribe=at.scribe, history=history, function_timeout=following.purchase_timeout),
        settler=Settler(
            clock=at.clock,
            scribe=at.scribe,
            bookkeeper=at.bookkeeper,
            history=history,
            reservations={region: Ec2Reservations(_ec2(region), region, account) for region in settings.regions},
            function_timeout=following.purchase_timeout,
        ),
        extensions=True,
    )
