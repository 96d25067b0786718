"""The minutes that money is lost in: the start and the end of one block, drawn large."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.demo import svg
from simulator.demo.axis import Axis, clock, duration
from simulator.demo.recording import Block, Group
from simulator.demo.together import together

_WIDTH, _TOP, _CHART, _FOOT = 410, 56, 100, 24
_MINUTE = timedelta(minutes=1)
_LETTER = 6.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that happened at one moment, in few words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseUp:
    """What one close-up shows."""

    heading: str
    axis: Axis
    flags: tuple[Flag, ...]
    lost_from: datetime
    lost_until: datetime
    veiled_from: datetime  # what EC2 alone has in its hands
    veiled_until: datetime
    veiled_words: str


def start(block: Block, groups: Sequence[Group]) -> tuple[str, str] | None:
    """Draw from just before the start until the instances are in service, under a heading; None if it never ran."""
    figures = block.figures
    if figures is None or block.active_at is None or not figures.targets:
        return None
    launched_at = block.active_at + figures.lost_at_start
    seen = (each.at for each in together(_serving(block, groups)))
    last = max([launched_at, *(at for at in seen if at <= launched_at + 10 * _MINUTE)])
    close_up = CloseUp(
        heading=f"{duration(figures.lost_at_start)} unused after EC2 said active",
        axis=_axis(block.start - _MINUTE, last + _MINUTE),
        flags=(
            Flag(at=block.start, words="start"),
            Flag(at=block.active_at, words="active"),
            Flag(at=launched_at, words="all launched"),
        ),
        lost_from=block.active_at,
        lost_until=launched_at,
        veiled_from=block.start,
        veiled_until=block.active_at,
        veiled_words="EC2's own delay",
    )
    return close_up.heading, _drawn(close_up, block, groups)


def end(block: Block, groups: Sequence[Group]) -> tuple[str, str] | None:
    """Draw from just before the drain until the end, under a heading; None if it never ran."""
    figures = block.figures
    if figures is None or not figures.targets:
        return None
    zeroed_at = block.reclaim_at - figures.lost_at_end
    close_up = CloseUp(
        heading=f"{duration(figures.lost_at_end)} unused before EC2 takes it back",
        axis=_axis(min(block.drain_at, zeroed_at) - 3 * _MINUTE, block.end + _MINUTE),
        flags=(
            Flag(at=zeroed_at, words="set to zero"),
            Flag(at=block.reclaim_at, words="EC2 reclaims"),
            Flag(at=block.end, words="end"),
        ),
        lost_from=zeroed_at,
        lost_until=block.reclaim_at,
        veiled_from=block.reclaim_at,
        veiled_until=block.end,
        veiled_words="EC2 may terminate anything here",
    )
    return close_up.heading, _drawn(close_up, block, groups)


def _axis(begin: datetime, finish: datetime) -> Axis:
    return Axis(start=begin, end=finish, left=30, right=_WIDTH - 10)


def _serving(block: Block, groups: Sequence[Group]) -> list[Group]:
    named = {target.target for target in block.figures.targets} if block.figures is not None else set[str]()
    return [group for group in groups if group.name in named]


def _drawn(close_up: CloseUp, block: Block, groups: Sequence[Group]) -> str:
    axis, bottom = close_up.axis, float(_TOP + _CHART)

    def y(instances: int) -> float:
        return bottom - _CHART * min(instances, block.size) / block.size

    total = together(_serving(block, groups))
    serving = [(axis.left, bottom), *((axis.x(each.at), y(each.in_service)) for each in total)]
    wanted = [(axis.left, bottom), *((axis.x(each.at), y(each.desired)) for each in total)]
    rim = f"H{svg.short(axis.right)}"
    area = f"{svg.steps(serving)}{rim}V{svg.short(bottom)}H{svg.short(axis.left)}Z"
    left = axis.x(close_up.lost_from)
    width = max(axis.x(close_up.lost_until) - left, 2)
    parts = [
        svg.title(f"{block.reservation_id}: {close_up.heading}"),
        *_grid(axis, bottom, block.size),
        *_veil(close_up, bottom),
        svg.element("path", d=area, class_="area area0"),
        svg.rect(left, bottom - _CHART, width, _CHART, class_="lost"),
        svg.element("path", d=f"{svg.steps(wanted)}{rim}", class_="desired"),
        *_veil_words(close_up, bottom),
        *_flags(axis, close_up.flags, bottom),
    ]
    return svg.element(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH} {bottom + _FOOT:.0f}",
        role="img",
        aria_label=f"{block.reservation_id}: {close_up.heading}",
        class_="closeup",
    )


def _veil(close_up: CloseUp, bottom: float) -> Iterator[str]:
    """Shade the time that no application can use."""
    left, right = close_up.axis.x(close_up.veiled_from), close_up.axis.x(close_up.veiled_until)
    yield svg.rect(left, bottom - _CHART, right - left, _CHART, class_="veil")
    yield svg.rect(left, bottom - _CHART, right - left, _CHART, class_="hatched")


def _veil_words(close_up: CloseUp, bottom: float) -> Iterator[str]:
    """Say what the shade stands for, where there is room."""
    left, right = close_up.axis.x(close_up.veiled_from), close_up.axis.x(close_up.veiled_until)
    if right - left > len(close_up.veiled_words) * _LETTER:
        yield svg.text((left + right) / 2, bottom - _CHART + 16, close_up.veiled_words, class_="small middle haloed")


def _grid(axis: Axis, bottom: float, size: int) -> Iterator[str]:
    for instances, y in ((0, bottom), (size, bottom - _CHART)):
        yield svg.line(axis.left, y, axis.right, y, class_="grid")
        yield svg.text(axis.left - 6, y + 4, str(instances), class_="small end")
    for tick in axis.ticks(56):
        yield svg.line(axis.x(tick), bottom - _CHART, axis.x(tick), bottom, class_="grid")
        yield svg.text(axis.x(tick), bottom + 16, clock(tick), class_="small middle faint")


def _flags(axis: Axis, flags: Sequence[Flag], bottom: float) -> Iterator[str]:
    """Name each instant above the chart, on one of three rows, so that near ones do not cover each other."""
    for row, flag in enumerate(sorted(flags, key=lambda each: each.at)):
        x, y = axis.x(flag.at), 14.0 + 16 * (row % 3)
        words = f"{flag.at:%H:%M:%S} {flag.words}"
        left_hand = x + len(words) * _LETTER > axis.right
        yield svg.line(x, y - 9, x, bottom, class_="flag")
        yield svg.text(x - 5 if left_hand else x + 5, y, words, class_="small end" if left_hand else "small")
