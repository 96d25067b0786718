"""What the function that follows purchases is made of."""

from functools import cache
from typing import Any

from capacity_blocks.adapters.ec2_candidates import Ec2Candidates
from capacity_blocks.adapters.ec2_tags import Ec2Tags
from capacity_blocks.bootstrap import desk
from capacity_blocks.bootstrap.client import client
from capacity_blocks.purchase_settings import FollowSettings, PurchaseSettings
from capacity_blocks.purchasing.finder import Finder
from capacity_blocks.purchasing.follower import Follower
from capacity_blocks.purchasing.settler import Settler

SETTINGS = (PurchaseSettings, FollowSettings)
ADAPTERS = (*desk.ADAPTERS, Ec2Candidates, Ec2Tags)


@cache
def _ec2(region: str) -> Any:
    return client("ec2", region)


def follower(settings: PurchaseSettings, following: FollowSettings, account: str, run: str) -> Follower:
    at = desk.desk(settings, run)
    candidates = {region: Ec2Candidates(_ec2(region), region, account) for region in settings.regions}
    return Follower(
        clock=at.clock,
        ledger=at.ledger,
        bookkeeper=at.bookkeeper,
        scribe=at.scribe,
        finder=Finder(
            clock=at.clock, scribe=at.scribe, candidates=candidates, function_timeout=following.purchase_timeout
        ),
        settler=Settler(
            clock=at.clock,
            scribe=at.scribe,
            bookkeeper=at.bookkeeper,
            candidates=candidates,
            tags={region: Ec2Tags(_ec2(region)) for region in settings.regions},
        ),
    )
