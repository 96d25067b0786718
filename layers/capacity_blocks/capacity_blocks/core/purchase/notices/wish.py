"""What a request asks for, in one line; and what stands in its way that is no reason to stop."""

from datetime import tzinfo

from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.notices.fact import local
from capacity_blocks.core.purchase.request import Instances, PurchaseRequest
from capacity_blocks.core.words import hours


def wish(request: PurchaseRequest, zone: tzinfo | None = None) -> str:
    """Say what is wanted; with a time zone, also when and for how much at most."""
    match request.wanted:
        case Instances(types=types, least=least, most=most):
            count, of = str(most) if least == most else f"{least} to {most}", " or ".join(types)
        case other:
            count, of = str(other.count), other.type
    durations = " or ".join(hours(each) for each in request.durations)
    short = f"{count} x {of} for {durations} hours"
    if zone is None:
        return short
    first = local(request.earliest_start, zone) if request.earliest_start is not None else "now"
    return (
        f"{short} for pool {request.pool}, between {first} and {local(request.latest_end, zone)}, for at most "
        f"{money.shown(request.most_upfront_fee)}"
    )


def quota_line(*, region: str, instance_type: str, wanted: int, name: str, code: str, value: int) -> str:
    """Warn of a quota. It never blocks: what counts against it is EC2's to say."""
    return (
        f"the quota {name} ({code}) is {value} in {region}, and {wanted} {instance_type} are wanted: EC2 may show no "
        "offerings, or refuse the purchase; ask for more in the Service Quotas console"
    )
