"""The page's chapter on hand-overs: the blocks of each pool one after the other, as the product itself chains them."""

from collections.abc import Iterator, Sequence
from html import escape

from capacity_blocks.core import chain
from capacity_blocks.core.chain import Joint, Link
from simulator.demo import svg
from simulator.demo.axis import Axis, clock, day, duration, moment
from simulator.demo.recording import Block, Recording

_WIDE, _ROW, _TOP = 760, 30, 22
_HEADINGS = ("blocks", "instances", "from", "drained", "until", "and then")
_WORDS = (
    "The blocks of a pool, one after the other. A block serves until its drain begins: where the next one has started "
    "by then, both serve for a while, and where it has not, there is a gap."
)


def chapter(recording: Recording) -> str:
    """Write the chapter; nothing at all where no block was ever delivered."""
    pools = "".join(_pool(recording, pool) for pool in recording.pools)
    return f"<h2>How one block follows another</h2>\n<p>{_WORDS}</p>\n{pools}" if pools else ""


def links(blocks: Sequence[Block]) -> tuple[Link, ...]:
    """Return the links of the blocks that were delivered, by their start."""
    return tuple(
        Link(
            start=block.start,
            drain_at=block.drain_at,
            end=block.end,
            reservation_ids=(block.reservation_id,),
            instances=block.size,
        )
        for block in sorted(blocks, key=lambda each: (each.start, each.end))
        if block.active_at is not None
    )


def then(found: Sequence[Link], link: Link) -> str:
    """Say how a pool goes on after a link."""
    joint = chain.successions(found).get(link.reservation_ids[0])
    if joint is None:
        return "nothing follows"
    if joint.overlap:
        both = f"{joint.after} serves too for {duration(joint.overlap)}"
        return f"{both} before, with {joint.instances} instances twice"
    return f"{joint.after}, after a gap of {duration(joint.gap)} without {joint.instances} instances"


def _pool(recording: Recording, pool: str) -> str:
    found = links([block for block in recording.blocks if block.pool == pool])
    if not found:
        return ""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in _HEADINGS)
    rows = "".join(_row(found, link) for link in found)
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>\n'
    return f'<h3>Pool {escape(pool)}</h3>\n<div class="panel scroll">{_picture(found, pool)}</div>\n{table}'


def _row(found: Sequence[Link], link: Link) -> str:
    cells = (str(link), str(link.instances), *map(moment, (link.start, link.drain_at, link.end)), then(found, link))
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"


def _picture(found: Sequence[Link], pool: str) -> str:
    axis = Axis(start=found[0].start, end=max(link.end for link in found), left=60, right=_WIDE - 60)
    height = _TOP + _ROW * len(found) + 4
    between = [drawn for joint in chain.joints(found) for drawn in _joint(axis, joint, height)]
    bars = [drawn for number, link in enumerate(found) for drawn in _bar(axis, _TOP + _ROW * number, link)]
    spoken = "; ".join(f"{link}: {then(found, link)}" for link in found)
    parts = (*_grid(axis, height), *between, *bars)
    return svg.element("svg", *parts, viewBox=f"0 0 {_WIDE} {height}", role="img", aria_label=f"pool {pool}: {spoken}")


def _grid(axis: Axis, height: float) -> Iterator[str]:
    for tick in axis.ticks(110):
        yield svg.line(axis.x(tick), _TOP - 4, axis.x(tick), height, class_="grid")
        yield svg.text(axis.x(tick), 13, f"{day(tick)} {clock(tick)}", class_="small faint middle")


def _joint(axis: Axis, joint: Joint, height: float) -> Iterator[str]:
    """Shade the time in which both serve, or neither."""
    left, right = sorted((axis.x(joint.after.start), axis.x(joint.before.drain_at)))
    said = f"overlap of {duration(joint.overlap)}" if joint.overlap else f"gap of {duration(joint.gap)}"
    look = "before_start" if joint.overlap else "lost"
    yield svg.rect(left, _TOP - 4, max(right - left, 2.0), height - _TOP + 4, svg.title(said), class_=look)


def _bar(axis: Axis, top: float, link: Link) -> Iterator[str]:
    left, drain, end = (axis.x(instant) for instant in (link.start, link.drain_at, link.end))
    words = svg.title(f"{link}: {link.instances} instances from {moment(link.start)} to {moment(link.end)}")
    yield svg.rect(left, top + 3, max(drain - left, 2.0), _ROW - 8, words, class_="usable")
    yield svg.rect(drain, top + 3, max(end - drain, 2.0), _ROW - 8, class_="draining")
    yield svg.text(left + 6, top + 18, f"{link.reservation_ids[0][:7]}…  {link.instances}", class_="small on-band")
