"""What the local AWS takes for granted about AWS's own delays: one value to print beside figures, and to replace."""

import random
from dataclasses import dataclass, field, fields
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A delay that AWS does not promise exactly: somewhere from `least` to `most`, both included."""

    least: timedelta
    most: timedelta

    def __post_init__(self) -> None:
        if not timedelta() <= self.least <= self.most:
            raise ValueError(f"a delay from {self.least} to {self.most} makes no sense")

    def draw(self, rng: random.Random) -> timedelta:
        """Say one delay, to the millisecond, so that a story reads the same on every machine."""
        span = (self.most - self.least) // timedelta(milliseconds=1)
        return self.least + timedelta(milliseconds=rng.randint(0, span))

    def __str__(self) -> str:
        return f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"


def seconds(least: float, most: float | None = None) -> Delay:
    return Delay(least=timedelta(seconds=least), most=timedelta(seconds=least if most is None else most))


def minutes(least: float, most: float | None = None) -> Delay:
    return Delay(least=timedelta(minutes=least), most=timedelta(minutes=least if most is None else most))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Each field says where its default comes from: a page of AWS's documentation, or the word assumed."""

    # --- Capacity Blocks ---
    # "Capacity Blocks pricing and billing": the fee is charged within 5 minutes to 12 hours of the purchase.
    payment: Delay = field(default=minutes(5, 12 * 60))
    # Assumed: EC2 says active from 0 to 5 minutes after the start date.
    delivery: Delay = field(default=minutes(0, 5))

    # Assumed: no payment fails unless a story asks for it. A share of 0.1 fails one in ten.
    payment_failures: float = 0.0
    # "Monitor Capacity Blocks" says 40 minutes for every block, while "How Capacity Blocks work" says 10 minutes before
    # the termination begins, which would be 70 for an UltraServer. The page that is about the event is followed.
    expiration_warning: timedelta = timedelta(minutes=40)
    ultraserver_expiration_warning: timedelta = timedelta(minutes=40)
    # Assumed, after "Interruptible Capacity Reservations": each instance is warned 2 minutes before its termination.
    interruption_warning: timedelta = timedelta(minutes=2)
    # Assumed: how long after the termination has begun each instance that is left is terminated.
    reclaim: Delay = field(default=minutes(0, 5))
    # Assumed: the delivery event is sent when the block is active. True sends it at the start date, before that.
    delivered_before_active: bool = False
    # "EventBridge Events Reference" has the current names; older pages had "Capacity Block Reservation ...".
    current_event_names: bool = True
    former_event_names: bool = False
    # Assumed: how long EC2 still lists a block that has ended, or that was never paid.
    ended_block_listed: timedelta = timedelta(hours=24)
    # Assumed, after the filter "The type can be instances or ultraservers": DescribeCapacityBlocks lists both kinds.
    instance_blocks_listed: bool = True
    # "Eventual consistency in the Amazon EC2 API" promises no time. Assumed: a purchase shows at once, as do its tags;
    # a story that says otherwise says up to 300 seconds.
    purchase_listed: Delay = field(default=seconds(0))
    tags_listed: Delay = field(default=seconds(0))
    # Assumed: the fee of a type is the same all day, and so is what others hold. With a share of 0.1 the fee is drawn
    # anew each period, by up to a tenth more or less; with `stock_moves` so is what others hold.
    fee_moves: float = 0.0
    stock_moves: bool = False
    market_period: timedelta = timedelta(hours=1)
    # Assumed: who bought at a fee that was shown pays that fee, even if a search would show another by now.
    offering_keeps_fee: bool = True
    # Assumed: at most this share of the stock of a day is taken by other customers.
    stock_taken_by_others: float = 0.5
    # A public sample of DescribeCapacityBlockOfferings has whole dollars ("283"); others have cents ("755.00").
    fee_decimals: int = 0

    # --- EC2 instances ---
    # Assumed: pending to running.
    instance_start: Delay = field(default=seconds(20, 60))
    # Assumed: shutting-down to terminated.
    instance_stop: Delay = field(default=seconds(30, 90))
    # "Launch instances using Capacity Blocks": several minutes to clean up before a slot is free again.
    slot_cleanup: Delay = field(default=minutes(3, 6))

    # Assumed: nobody gets the types that are sold as Capacity Blocks on demand (modelplane #113 saw none in 3 Regions).
    on_demand_accelerators: bool = False

    # --- Auto Scaling ---
    # "Scheduled scaling for Amazon EC2 Auto Scaling": generally within seconds, might be delayed up to two minutes.
    scheduled_action: Delay = field(default=seconds(0, 120))
    # Assumed: from a new desired capacity to the launch request.
    scaling_reaction: Delay = field(default=seconds(1, 5))
    # Assumed: pause before Auto Scaling tries again after a failed launch.
    launch_retry: Delay = field(default=seconds(60, 300))
    # Assumed: until Auto Scaling notices that EC2 terminated an instance and wants to replace it.
    health_check: Delay = field(default=seconds(30, 90))
    # Assumed: from the end of a wait for lifecycle hooks to what comes next, being terminated or put into service.
    lifecycle_action: Delay = field(default=seconds(1, 5))
    # "Lifecycle hooks" says of Spot Instances that an action must be completed even when the instance has terminated,
    # and jenkinsci/ec2-fleet-plugin #452 saw terminated instances in Terminating:Wait. Taken to be so for all.
    terminated_instances_wait: bool = True

    # "Suspend and resume processes": most commonly after over 24 hours of failed launches.
    administrative_suspension: timedelta = timedelta(hours=24)

    # --- Systems Manager ---
    # Assumed: from SendCommand until an instance begins to run it.
    command_delivery: Delay = field(default=seconds(0.5, 3))
    # GetCommandInvocation: "follows an eventual consistency model". Assumed: until then it finds no invocation.
    command_listed: Delay = field(default=seconds(0.2, 2))

    # --- EKS ---
    # Assumed, as the worse case: EKS's own scale-down stays at the time at which it was first set.
    eks_action_follows_extension: bool = False
    eks_action_follows_version: bool = False
    # Assumed: how long an update of a node group of size zero takes.
    node_group_update: Delay = field(default=seconds(60, 300))
    # Assumed: how long EKS takes to drain a node of a managed node group that goes.
    node_group_drain: Delay = field(default=seconds(30, 120))
    # "Delete a managed node group" has EKS give up on pods after 5 minutes, "Understand each phase of node updates"
    # after 15. Assumed, as the worse case: the longer holds for every node that goes.
    node_group_drain_at_most: timedelta = timedelta(minutes=15)

    # --- EventBridge ---
    # Assumed; AWS's architecture blog (Amazon Key, February 2026) measured a 90th percentile of 80 ms.
    event_delivery: Delay = field(default=seconds(0.05, 0.5))
    # "Retry policies for event delivery": for 24 hours and up to 185 times, with a growing, jittered pause.
    event_retries: int = 185
    event_retry_age: timedelta = timedelta(hours=24)

    # --- EventBridge Scheduler ---
    # "Schedule types": 60-second precision, a schedule set for 01:00 runs between 01:00:00 and 01:00:59.
    schedule_precision: Delay = field(default=seconds(0, 59))

    # --- Lambda ---
    # Assumed: first call of a new execution environment, then of one that is warm. Imports are charged here, since
    # virtual time stands still while code runs.
    cold_start: Delay = field(default=seconds(0.6, 1.2))
    warm_start: Delay = field(default=seconds(0.005, 0.02))
    # "Error handling for asynchronous invocation": one minute before the first retry, two before the second.
    async_retries: tuple[timedelta, ...] = (timedelta(minutes=1), timedelta(minutes=2))

    # --- SNS ---
    # Assumed: from publish to a Lambda or SQS subscriber.
    notification_delivery: Delay = field(default=seconds(0.02, 0.2))

    # --- every API ---
    # Assumed: how long one API call takes, seen from a handler.
    api_call: Delay = field(default=seconds(0.0))

    def as_text(self) -> dict[str, str]:
        """Name every assumption with its value, to be printed beside what is simulated under it."""
        return {each.name: _text(getattr(self, each.name)) for each in fields(self)}


def _text(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)
