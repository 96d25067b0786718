"""Count the money: what EC2 was asked for, what its own book says it has sold, and how the budgets stand."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from simulator.demo import ledger
from simulator.demo.dealing import Attempt, Budget, Sold
from simulator.world import World

SETTINGS = "/capacity-blocks/pools/"


_BUYS = frozenset({"ec2.PurchaseCapacityBlock", "ec2.PurchaseCapacityBlockExtension"})


def attempts(world: World) -> dict[str, list[Attempt]]:
    """Return the calls that were to buy, by intent: which run made each, and what that run had been given."""
    given = {each.request_id: each.payload for each in world.functions.invocations}
    found: dict[str, list[Attempt]] = {}
    for call in world.calls.log:
        if call.name in _BUYS and call.mutating:  # a DryRun is not
            intent_id = json.loads(given[call.request_id])["intent"]["intent_id"]
            found.setdefault(intent_id, []).append(Attempt(at=call.at, error=call.error or ""))
    return found


def sales(world: World) -> tuple[Sold, ...]:
    """Return every purchase of a block that EC2 has carried out, by whomever."""
    return tuple(
        Sold(at=sale.at, fee=dollars(sale.fee), reservation_ids=sale.reservation_ids)
        for region in world.regions.values()
        for sale in region.engine.sales
    )


def sold(world: World) -> tuple[Sold, ...]:
    """Return all of EC2's book: blocks, and more time for them."""
    both = [*sales(world), *(extension for extension, _ in extensions(world).values())]
    return tuple(sorted(both, key=lambda each: each.at))


def extensions(world: World) -> dict[str, tuple[Sold, timedelta]]:
    """Return every extension that EC2 has sold, by whomever, by the block and the end that it continues from."""
    return {
        f"extend-{offering.reservation_id}-{offering.start:%Y%m%dt%H%Mz}": (
            Sold(at=sold.purchased, fee=dollars(offering.fee), reservation_ids=(offering.reservation_id,)),
            offering.end - offering.start,
        )
        for region in world.regions.values()
        for sold in region.engine.extensions
        for offering in (sold.offering,)
    }


def budgets(world: World) -> tuple[Budget, ...]:
    """Return how the money of each pool stands, by its book, in every month in which it has any."""
    return tuple(
        _budget(world, pool, month, json.loads(row["book"]["S"])["entries"])
        for pool, row in sorted((key, row) for _, key, row in ledger.rows(world, "budget"))
        for month in sorted({str(entry["month"]) for entry in json.loads(row["book"]["S"])["entries"]})
    )


def _budget(world: World, pool: str, month: str, entries: Sequence[Mapping[str, Any]]) -> Budget:
    def total(standing: str) -> Decimal:
        own = (each for each in entries if each["month"] == month and each["standing"] == standing)
        return sum((Decimal(each["amount"]) for each in own), Decimal(0))

    settings = json.loads(world.client("ssm").get_parameter(Name=f"{SETTINGS}{pool}")["Parameter"]["Value"])
    spent, reserved, most = total("committed"), total("reserved"), Decimal(settings["money"]["monthly_budget"])
    return Budget(
        pool=pool,
        month=month,
        spent=dollars(spent),
        reserved=dollars(reserved),
        left=dollars(most - spent - reserved),
        most=dollars(most),
    )


def dollars(amount: Decimal) -> str:
    return f"${amount:,.0f}" if amount == amount.to_integral_value() else f"${amount:,.2f}"
