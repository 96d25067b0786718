"""Look around before money is spent: the pool's settings, its blocks, and where its targets have subnets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity_blocks.core import tag
from capacity_blocks.core.extension.request import is_extension
from capacity_blocks.core.group import EKS_NODE_GROUP, targets
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool, pools
from capacity_blocks.core.purchase.guard import Circumstances
from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.likeness import parts
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.place import Place
from capacity_blocks.core.purchase.request import PurchaseRequest
from capacity_blocks.core.renewal.successor import follows
from capacity_blocks.core.reservation import Reservation, ReservationState
from capacity_blocks.pool_settings import PoolSettingsError, money, policies
from capacity_blocks.ports import AwsError, Clock, PoolSettings
from capacity_blocks.purchase_ports import PurchaseLedger, Site, Switches
from capacity_blocks.renewing.permits import Permits


class UnreadError(Exception):
    """Something that decides about money could not be read. Nothing was done; it can be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A pool as it stands. None is "could not be read"; `errors` say why."""

    settings: MoneySettings | None
    places: tuple[Place, ...] | None
    blocks: tuple[Reservation, ...] | None
    errors: tuple[str, ...] = ()


def money_settings(source: PoolSettings, pool: str) -> MoneySettings | None:
    """Return what the pool may spend; None where it has no section for it. AwsError and PoolSettingsError go up."""
    text = source.texts().get(pool)
    return None if text is None else money(text)


def surroundings(pool: str, sites: Sequence[Site], source: PoolSettings) -> Surroundings:
    """Read the pool in every region that this application looks after."""
    errors: list[str] = []
    settings, listed = _settings(pool, source, errors)
    seen: list[tuple[Site, Pool | None]] | None = []
    try:
        seen = [(site, _pool(site, pool, listed)) for site in sites]
    except AwsError as error:
        errors.append(str(error))
        return Surroundings(settings=settings, places=None, blocks=None, errors=tuple(errors))
    places: tuple[Place, ...] | None = None
    try:
        places = tuple(sorted({place for site, found in seen if found for place in _places(site, found)}))
    except AwsError as error:
        errors.append(str(error))
    blocks = tuple(block for _, found in seen if found is not None for block in found.reservations)
    return Surroundings(settings=settings, places=places, blocks=blocks, errors=tuple(errors))


def _settings(pool: str, source: PoolSettings, errors: list[str]) -> tuple[MoneySettings | None, Policy]:
    """Read the pool's settings; with broken ones nothing can be bought, and the blocks that they list still count."""
    try:
        texts = source.texts()
    except AwsError as error:
        errors.append(str(error))
        return None, Policy()
    listed = policies(texts, Policy()).get(pool, Policy())
    try:
        return money(texts[pool]) if pool in texts else None, listed
    except PoolSettingsError as error:
        errors.append(f"the settings of pool {pool} cannot be read: {error}")
        return None, listed


def _pool(site: Site, name: str, policy: Policy) -> Pool | None:
    node_groups = site.node_groups.tagged(tag.POOL)
    groups = [
        *site.groups.tagged(tag.POOL),
        *(site.groups.tagged(EKS_NODE_GROUP) if node_groups else ()),
    ]
    found = targets(groups, node_groups, {})
    seen, _ = pools(site.name, site.reservations.capacity_blocks(), found, {name: policy}, Policy(), {})
    return next((pool for pool in seen if pool.name == name), None)


def _places(site: Site, pool: Pool) -> set[Place]:
    wanted = sorted({subnet for target in pool.targets for subnet in target.wishes.subnets or target.subnets})
    found = site.subnets.subnets(wanted) if wanted else ()
    return {
        Place(
            region=site.name, availability_zone=each.availability_zone, availability_zone_id=each.availability_zone_id
        )
        for each in found
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Gathers what the guards decide on. `may_spend` is the deployer's word, over any switch."""

    clock: Clock
    sites: Sequence[Site]
    pool_settings: PoolSettings
    ledger: PurchaseLedger
    switches: Switches
    permits: Permits
    may_spend: bool

    def circumstances(self, request: PurchaseRequest, intent: Intent | None) -> tuple[Circumstances, tuple[str, ...]]:
        """Return what is known now, and what could not be read. The switches are read last."""
        around = surroundings(request.pool, self.sites, self.pool_settings)
        siblings = tuple(each for each in self.ledger.intents(request.request_id) if each != intent)
        book = self.ledger.book(request.pool)
        spending = self.switches.spending() if self.may_spend else False
        killed = self.switches.killed()
        promised = self.promised(request, intent)
        blocks = around.blocks if around.blocks is None else (*around.blocks, *promised)
        unread = (("whether spending is on", spending), ("the kill switch", killed))
        settings, errors = around.settings, list(around.errors)
        grounds = None
        try:
            if request.automatic:
                grounds = self.permits.grounds(request.pool, follows(request.request_id))
                settings = settings if intent is None else self.permits.settings(intent, settings)
        except AwsError as error:
            errors.append(f"whether the pool buys this without a question could not be read: {error}")
        errors += (f"{what} could not be read" for what, value in unread if value is None)
        known = Circumstances(
            now=self.clock.now(),
            request=request,
            settings=settings,
            spending=spending,
            killed=killed,
            places=around.places,
            blocks=blocks,
            siblings=siblings,
            book=book,
            grounds=grounds,
        )
        return known, tuple(errors)

    def promised(self, request: PurchaseRequest, intent: Intent | None) -> tuple[Reservation, ...]:
        return promised(self.ledger, self.clock.now(), request.pool, request.request_id, intent)


def promised(
    ledger: PurchaseLedger,
    now: datetime,
    pool: str,
    request_id: str,
    intent: Intent | None,
    *,
    extensions: bool = True,
) -> tuple[Reservation, ...]:
    """Return what other requests of the pool are buying: EC2 may not list it for minutes yet.

    Of two that are approved at the same time the one that asked first goes first. So two may both find the way
    free, where the other was approved a moment later: whoever has recorded its attempt looks here once more.
    """
    found = list[Reservation]()
    for row in ledger.open_requests():
        if row.request_id == request_id or row.document.get("pool") != pool:
            continue
        if not extensions and is_extension(row.document):
            continue
        for other in ledger.intents(row.request_id):
            is_first = intent is None or (other.asked_at, other.intent_id) < (intent.asked_at, intent.intent_id)
            is_next = other.state is IntentState.APPROVED and now < other.expires_at and is_first
            if other.may_have_bought or is_next:
                found += _as_blocks(other)
    return tuple(found)


def _as_blocks(intent: Intent) -> Iterator[Reservation]:
    """Show an intent as the blocks that it would be, under its own name."""
    for part in parts(intent.terms):
        yield Reservation(
            reservation_id=intent.intent_id,
            region=part.region,
            instance_type=part.instance_type,
            instance_count=part.instance_count or 0,
            state=ReservationState.PAYMENT_PENDING,
            start=part.start,
            end=part.end,
            availability_zone=part.availability_zone,
            platform=part.platform,
            ultraserver=intent.terms.offering.is_ultraserver,
        )
