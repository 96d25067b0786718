"""What people are told of a block itself, whatever runs on it."""

from capacity_blocks.core import tag
from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.policy import Policy
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.price import cost_per_hour
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.timeline import Timeline
from capacity_blocks.core.wording.phrase import of_block
from capacity_blocks.core.words import when


def unclaimed(block: Reservation, policy: Policy) -> Notice:
    cost = cost_per_hour(block, block.instance_count, policy)
    return Notice(
        key=f"{block.reservation_id}:unclaimed:{block.state.value}",
        kind="unclaimed",
        severity=Severity.WARNING,
        title=f"No pool claims {block.reservation_id}",
        text=(
            f"{block.instance_count} {block.instance_type} in {block.availability_zone}, from {when(block.start)} to "
            f"{when(block.end)}, cost {cost}."
        ),
        next_step=f"Tag the reservation {tag.POOL} with the name of the pool that should use it.",
        region=block.region,
        reservation_id=block.reservation_id,
    )


def payment_failed(pool: Pool, block: Reservation) -> Notice:
    return of_block(
        pool,
        block,
        kind="payment-failed",
        severity=Severity.CRITICAL,
        title=f"The payment of {block.reservation_id} failed: EC2 has released it",
        text=f"It would have run from {when(block.start)} to {when(block.end)}. What was bound to it is set free.",
        next_step="Look at the account's payment method, then search for another offering.",
    )


def not_delivered(pool: Pool, block: Reservation) -> Notice:
    return of_block(
        pool,
        block,
        kind=f"state-{block.state.value}",
        severity=Severity.CRITICAL,
        title=f"{block.reservation_id} is {block.state.value}: EC2 does not deliver it",
        text=f"It was for {when(block.start)} to {when(block.end)}. What was bound to it is set free.",
        next_step="Open a support case with EC2 and name the reservation, then search for another offering.",
    )


def odd_state(pool: Pool, block: Reservation) -> Notice:
    return of_block(
        pool,
        block,
        kind=f"state-{block.state.value}",
        severity=Severity.WARNING,
        title=f"{block.reservation_id} is {block.state.value}",
        text="A Capacity Block is not known to take that state. Nothing is scaled out on it; it still drains.",
        next_step="Look at the reservation in the EC2 console.",
    )


def kind_unknown(pool: Pool, block: Reservation) -> Notice:
    return of_block(
        pool,
        block,
        kind="kind-unknown",
        severity=Severity.WARNING,
        title=f"It is not known whether {block.reservation_id} is an UltraServer",
        text=(
            "EC2 did not answer DescribeCapacityBlocks. Until it does, the block is drained as an UltraServer is: "
            f"at {when(Timeline.of(block, pool.policy).drain_at)}, half an hour earlier than others."
        ),
        next_step="Look at the role's permissions; a throttle passes by itself.",
    )


def ended(pool: Pool, block: Reservation) -> Notice:
    return of_block(
        pool,
        block,
        kind="ended",
        severity=Severity.INFO,
        title=f"{block.reservation_id} has ended",
        text=f"It ran from {when(block.start)} to {when(block.end)}.",
    )
