"""Whether what was approved is still on sale, at no more than was approved, and under which id."""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.offering import Offering


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    reason: str


def match(approved: Offering, on_sale: Sequence[Offering] | None) -> Offering | Gone | Changed:
    """Return what is on sale now that is what was approved, at no more than was approved: this is what to buy.

    A search gives new ids for the same capacity, as users of Terraform's data source found: so an offering is known by
    what it is, and bought under the id that this very search gives it. An id that the search does not give is bought
    never, whatever is said to be under it. Where the approved id does come back, what is said under it counts alone.
    """
    if on_sale is None:
        return Gone(reason="whether it is still on sale could not be found out")
    same_id = [each for each in on_sale if each.offering_id == approved.offering_id]
    if any(_sold(each) != _sold(approved) for each in same_id):
        return Changed(reason=f"{approved.offering_id} is no longer what was approved")
    alike = same_id or [each for each in on_sale if _sold(each) == _sold(approved)]
    if not alike:
        return Gone(reason=f"{approved.offering_id} is no longer on sale")
    affordable = [each for each in alike if _is_no_dearer(each, approved)]
    if affordable and (not same_id or affordable == alike):
        return min(affordable, key=lambda each: (each.upfront_fee or money.MOST, each.offering_id))
    fees = {money.shown(fee, each.currency) for each in alike if (fee := each.upfront_fee) is not None}
    before = money.shown(approved.upfront_fee or money.MOST, approved.currency)
    return Changed(reason=f"its fee is now {' or '.join(sorted(fees)) or 'not known'}, and {before} was approved")


def _sold(offering: Offering) -> tuple[object, ...]:
    """What an offering is, apart from its id and its fee."""
    parts = tuple(
        (p.instance_type, p.instance_count, p.availability_zone, p.start, p.end, p.currency) for p in offering.parts
    )
    made_of = offering.ultraserver_type, offering.ultraserver_count
    return offering.region, offering.tenancy, offering.extends, *made_of, parts


def _is_no_dearer(offered: Offering, approved: Offering) -> bool:
    now, before = offered.upfront_fee, approved.upfront_fee
    return now is not None and before is not None and now <= before
