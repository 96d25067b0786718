"""One pool over time: its instances as areas below a line, and each of its blocks as a band of phases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from simulator.demo import svg
from simulator.demo.axis import Axis, duration, moment
from simulator.demo.recording import Block, Group, Phase
from simulator.demo.together import at, together

CHART, BAND, GAP = 96, 22, 6
# A phase of minutes is a hair on a picture of days: it is drawn at least this wide.
_LEAST = 3.0
HATCHED = frozenset({Phase.PAYMENT_PENDING, Phase.AWAITED, Phase.RECLAIMING})  # told apart by more than their colour
_LETTER = 7.0  # about how wide a letter is drawn, small and bold


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where a pool is drawn: `top` of its chart, and how many instances its height stands for."""

    axis: Axis
    top: float
    most: int

    def y(self, instances: int) -> float:
        return self.top + CHART * (1 - instances / self.most)


def height(blocks: int) -> float:
    return CHART + GAP + blocks * (BAND + GAP)


def most(groups: Sequence[Group]) -> int:
    """Return the most instances that the groups ever wanted or had together; at least one."""
    return max((max(size.desired, size.in_service) for size in together(groups)), default=0) or 1


def chart(lane: Lane, groups: Sequence[Group]) -> str:
    """Draw what is in service as an area for each group, one on the other, and what is desired as a line above."""
    axis = lane.axis
    parts = [svg.line(axis.left, lane.y(n), axis.right, lane.y(n), class_="grid") for n in (0, lane.most)]
    parts += [svg.text(axis.left - 6, lane.y(n) + 4, str(n), class_="small end") for n in (0, lane.most)]
    total = together(groups)
    instants = [size.at for size in total]
    below = [0] * len(total)
    for number, group in enumerate(groups):
        above = [low + at(group, instant).in_service for low, instant in zip(below, instants, strict=True)]
        named = svg.title(f"{group.name}: instances in service")
        parts.append(svg.element("path", named, d=_area(lane, instants, below, above), class_=f"area area{number % 3}"))
        parts.extend(_names(lane, group, instants, below, above))
        below = above
    wanted = [(axis.left, lane.y(0)), *((axis.x(size.at), lane.y(size.desired)) for size in total)]
    outline = f"{svg.steps(wanted)}H{svg.short(axis.right)}"
    parts.append(svg.element("path", svg.title("desired capacity"), d=outline, class_="desired"))
    return "".join(parts)


def band(axis: Axis, top: float, block: Block) -> str:
    """Draw the phases of one block, each with its words for who hovers, and its name where there is room."""
    parts = []
    for stretch in block.stretches:
        left, right = axis.x(stretch.start), axis.x(stretch.end)
        span = f"{moment(stretch.start)} to {moment(stretch.end)}, {duration(stretch.end - stretch.start)}"
        width = max(right - left, _LEAST)
        parts.append(
            svg.rect(
                left,
                top,
                width,
                BAND,
                svg.title(f"{stretch.phase}: {span}"),
                class_=f"phase {stretch.phase.name.lower()}",
            )
        )
        if stretch.phase in HATCHED:
            parts.append(svg.rect(left, top, width, BAND, class_="hatched"))
    if block.moved_at is not None:
        x = axis.x(block.first_end)
        parts.append(svg.line(x, top - 2, x, top + BAND + 2, class_="first-end"))
        if axis.right - x > 22 * _LETTER:
            parts.append(svg.text(x + 5, top + BAND - 7, "end before extension", class_="small on-band"))
    x = axis.x(block.active_at or block.start)
    name = f"{block.reservation_id[:7]}…  {block.size} x {block.instance_type}"
    room = axis.x(block.first_end) - x
    if room > len(name) * _LETTER:
        parts.append(svg.text(x + 6, top + BAND - 7, name, class_="small on-band"))
    elif room > 9 * _LETTER:
        parts.append(svg.text(x + 6, top + BAND - 7, f"{block.reservation_id[:7]}…", class_="small on-band"))
    return svg.element("g", *parts, role="img", aria_label=_spoken(block))


def phases_used(blocks: Sequence[Block]) -> tuple[Phase, ...]:
    used = {stretch.phase for block in blocks for stretch in block.stretches}
    return tuple(phase for phase in Phase if phase in used)


def _area(lane: Lane, instants: Sequence[datetime], below: Sequence[int], above: Sequence[int]) -> str:
    axis, bottom = lane.axis, lane.y(0)
    upper = [(axis.left, bottom), *((axis.x(i), lane.y(n)) for i, n in zip(instants, above, strict=True))]
    lower = [(axis.left, bottom), *((axis.x(i), lane.y(n)) for i, n in zip(instants, below, strict=True))]
    back = "".join(f"H{svg.short(x)}V{svg.short(before)}" for (_, before), (x, _) in reversed([*pairwise(lower)]))
    return f"{svg.steps(upper)}H{svg.short(axis.right)}V{svg.short(lower[-1][1])}{back}Z"


def _names(
    lane: Lane, group: Group, instants: Sequence[datetime], below: Sequence[int], above: Sequence[int]
) -> Iterator[str]:
    """Write a group's name into the widest piece of its area, where it fits."""
    pieces = [
        (lane.axis.x(until) - lane.axis.x(since), lane.axis.x(since), lane.y(low), lane.y(high))
        for (since, until), low, high in zip(pairwise([*instants, lane.axis.end]), below, above, strict=True)
        if high > low
    ]
    width, x, bottom, top = max(pieces, default=(0.0, 0.0, 0.0, 0.0))
    if width > len(group.name) * _LETTER + 8 and bottom - top > 14:
        yield svg.text(x + 8, (bottom + top) / 2 + 4, group.name, class_="small on-area")


def _spoken(block: Block) -> str:
    said = (
        f"{block.reservation_id}, {block.size} {block.instance_type} from {moment(block.start)} to {moment(block.end)}"
    )
    return said + (f", extended from {moment(block.first_end)}" if block.moved_at is not None else "")
