"""The figures of a run, in words: what the table on the terminal and the one on the page both show."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from simulator.demo.axis import duration
from simulator.demo.dealing import Intent
from simulator.demo.recording import Block, Recording
from simulator.measure import BlockFigures, TargetFigures

HEADINGS = ("block", "target", "instances", "start to active", "reaction", "lost at start", "lost at end", "unused")
DRAIN_HEADINGS = (
    *("block", "target", "nodes", "drained cleanly", "let go at the deadline", "pods evicted"),
    *("half empty after", "all empty after", "paid time given up"),
)
MONEY_HEADINGS = ("request", "bought", "on whose word", "fee", "asked of EC2", "sold by EC2", "state")
# What this application promises of a block that is drained at the default lead.
MOST_UNUSED = timedelta(minutes=10.2)
MOST_REACTION = timedelta(seconds=5)

# Of all that is assumed, what these figures hang on.
_TOUCHING = {
    "payment": "a payment settles after",
    "delivery": "EC2 says active after the start",
    "scheduled_action": "a native scheduled action runs late by",
    "scaling_reaction": "Auto Scaling launches after a new size",
    "launch_retry": "Auto Scaling waits after a failed launch",
    "instance_start": "an instance boots in",
    "event_delivery": "EventBridge delivers in",
    "schedule_precision": "Scheduler runs late by",
    "cold_start": "a first run of the function starts in",
    "warm_start": "a later run starts in",
    "reclaim": "EC2 terminates what is left within",
}


def rows(blocks: Sequence[Block]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each target of each block, and one for a block that nothing ran on."""
    for block in blocks:
        figures = block.figures
        if figures is None or block.active_at is None:
            yield (block.reservation_id, "-", str(block.size), *["-"] * 5)
            continue
        waited = duration(block.active_at - block.start)
        if not figures.targets:
            yield (block.reservation_id, "none", str(block.size), waited, "-", *_lost(figures))
        for target in figures.targets:
            reaction = duration(target.reaction) if target.reaction is not None else "-"
            yield (block.reservation_id, target.target, str(target.share), waited, reaction, *_lost(target))


def drains(recording: Recording) -> Iterator[tuple[str, ...]]:
    """Yield a line for each drain of a target whose work was moved before its instances went."""
    for drain in recording.drains:
        counts = (len(drain.nodes), drain.clean, drain.let_go, drain.evicted)
        spans = (drain.typical, drain.slowest, drain.given_up)
        yield (drain.reservation_id, drain.target, *map(str, counts), *map(duration, spans))


def emptied(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield how many nodes were drained cleanly, of how many, and how long it took until the last was empty."""
    if recording.drains:
        nodes, clean = (sum(each) for each in zip(*((len(d.nodes), d.clean) for d in recording.drains), strict=True))
        let_go = nodes - clean
        slowest = max(drain.slowest for drain in recording.drains)
        yield f"{clean} of {nodes}", f"nodes drained cleanly, {let_go} let go at the deadline"
        yield duration(slowest), "from the start of the drain until the last node was empty"


def money(recording: Recording) -> Iterator[tuple[str, ...]]:
    """Yield a line for each intent of each request, and one for a request that came to none. A dry run has none."""
    yield from _blocks_bought(recording)
    yield from extensions(recording)


def _blocks_bought(recording: Recording) -> Iterator[tuple[str, ...]]:
    for request in (each for each in recording.requests if not each.is_dry_run):
        if not request.intents:
            yield (request.request_id, "nothing", *["-"] * 4, request.steps[-1].name.lower())
        for intent in request.intents:
            yield (
                request.request_id,
                ", ".join(intent.reservation_ids) or "nothing",
                word(intent, recording.talk.names),
                intent.fee,
                _times(len(intent.attempts)),
                _times(len(intent.sales)),
                intent.state,
            )


def extensions(recording: Recording) -> Iterator[tuple[str, ...]]:
    """Yield a line for each intent of an extension, as `money` has one for each purchase of a block."""
    for renewal in recording.renewals:
        for intent in renewal.intents:
            yield (
                renewal.reservation_id,
                f"{renewal.hours} more hours" if intent.sales else "nothing",
                word(intent, recording.talk.names),
                intent.fee,
                _times(len(intent.attempts)),
                _times(len(intent.sales)),
                intent.state,
            )


def purchases(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield how many purchases EC2's own book has, of how many were asked for, and how each budget stands."""
    intents = [intent for request in recording.requests for intent in request.intents]
    intents += [intent for renewal in recording.renewals for intent in renewal.intents]
    asked, lost = sum(len(each.attempts) for each in intents), sum(bool(a.error) for i in intents for a in i.attempts)
    if asked:
        yield f"{len(recording.sales)} of {asked}", f"purchases in EC2's own book, of those asked for; {_replies(lost)}"
    for budget in recording.budgets:
        words = f"spent by pool {budget.pool} in {budget.month}, of {budget.most}: {budget.reserved} reserved"
        yield budget.spent, f"{words}, {budget.left} left"


def headlines(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield the worst figures of the blocks that had a target, each with what it stands for."""
    served = [block.figures for block in recording.blocks if block.figures is not None and block.figures.targets]
    if not served:
        return
    # The bar is set for the default lead; whoever asks for another gets what they asked for.
    bar = "" if "DrainLeadMinutes" in recording.parameters else f" (bar: {duration(MOST_UNUSED)})"
    yield duration(max(each.lost for each in served)), f"unused at most of any block, under our control{bar}"
    reactions = [each.reaction for each in served if each.reaction is not None]
    yield duration(max(reactions)), f"slowest reaction after active (bar: {duration(MOST_REACTION)})"


def unserved(blocks: Sequence[Block]) -> int:
    """Return how many blocks were delivered and had no target at all."""
    return sum(block.figures is not None and not block.figures.targets for block in blocks)


def assumptions(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield what was assumed of AWS's own delays, in words, with its value."""
    return ((words, recording.assumptions[name]) for name, words in _TOUCHING.items() if name in recording.assumptions)


def word(intent: Intent, names: Mapping[str, str]) -> str:
    """Say who approved: by the last part of the ARN, which names the person or the role, or by the name in Slack."""
    if intent.approved_by:
        return ", ".join(_name(each.rpartition(":")[2], names) for each in intent.approved_by.split(", "))
    return "the settings: a small fee" if intent.attempts else "nobody"


def _name(identity: str, names: Mapping[str, str]) -> str:
    who, door = identity.split(" ", 1)
    return f"{names.get(who.rpartition('/')[2], who)} {door}"


def _times(number: int) -> str:
    return "once" if number == 1 else "never" if number == 0 else f"{number} times"


def _replies(lost: int) -> str:
    return "1 reply was lost" if lost == 1 else f"{lost or 'no'} replies were lost"


def _lost(figures: BlockFigures | TargetFigures) -> tuple[str, str, str]:
    return duration(figures.lost_at_start), duration(figures.lost_at_end), duration(figures.lost)
