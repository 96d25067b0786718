"""The whole run in one picture: a lane for each pool, time from left to right."""

from collections.abc import Iterator

from simulator.demo import lane, marks, milestone, svg
from simulator.demo.axis import Axis, clock, day
from simulator.demo.recording import Entry, Mark, Recording, Severity

_HEAD, _TITLE, _BETWEEN = 46, 26, 26


def picture(recording: Recording, width: int) -> str:
    """Draw the run `width` wide: a small width leaves out labels, never facts."""
    axis = Axis(start=recording.start, end=recording.end, left=34, right=width - 12)
    top, lanes, rows = float(_HEAD), list[str](), list[str]()
    for pool in (*recording.pools, *_unclaimed(recording)):
        stamped = [(n, e) for n, e in enumerate(recording.entries) if e.mark and e.pool == pool]
        drawn, top, stamps_top = _lane(recording, axis, pool, top, milestone.ROW if stamped else 0)
        lanes.append(drawn)
        rows.append(milestone.row(axis, stamps_top, stamped))
        notices = [(n, e) for n, e in enumerate(recording.entries) if e.severity and _belongs(recording, e) == pool]
        rows.append(marks.row(axis, top, notices))
        top += marks.ROW + _BETWEEN
    bottom = top - _BETWEEN + 4
    words = "Instances over time for each pool, the phases of each block, and the notices that were sent."
    named = [svg.title(recording.title), svg.element("desc", words)]
    # The marks come last: what they say when asked lies above everything else.
    body = [*named, *_calendar(axis, bottom), *lanes, *rows]
    box = f"0 0 {width} {bottom + 8:.0f}"
    return svg.element("svg", *body, viewBox=box, role="group", aria_label=recording.title, class_="picture")


def _lane(recording: Recording, axis: Axis, pool: str, top: float, stamps: float) -> tuple[str, float, float]:
    """Draw one pool, and say where its notices begin, and where between chart and bands its stamps have their row."""
    groups = [each for each in recording.groups if each.pool == pool]
    blocks = [each for each in recording.blocks if each.pool == pool]
    parts = [svg.text(axis.left, top + 14, f"pool {pool}" if pool else "claimed by no pool", class_="pool")]
    top += _TITLE
    if groups:
        parts.append(lane.chart(lane.Lane(axis=axis, top=top, most=lane.most(groups)), groups))
        top += lane.CHART + lane.GAP
    stamps_top, top = top, top + stamps
    for block in blocks:
        parts.append(lane.band(axis, top, block))
        top += lane.BAND + lane.GAP
    return svg.element("g", *parts), top, stamps_top


def _unclaimed(recording: Recording) -> Iterator[str]:
    """Yield the lane of what no pool claims, when there is something in it."""
    if any(not block.pool for block in recording.blocks):
        yield ""


def _belongs(recording: Recording, notice: Entry) -> str:
    """Say in which lane a notice stands: its pool's, or that of its block, or the first."""
    by_block = {block.reservation_id: block.pool for block in recording.blocks}
    fallback = recording.pools[0] if recording.pools else ""
    return notice.pool or by_block.get(notice.reservation_id or "", fallback)


def _calendar(axis: Axis, bottom: float) -> Iterator[str]:
    """Write the days, and draw a line at every midnight and a fainter one at other round hours."""
    for tick in axis.ticks(64):
        x, midnight = axis.x(tick), clock(tick) == "00:00"
        yield svg.line(x, _HEAD - 10, x, bottom, class_="midnight" if midnight else "grid")
        if midnight and axis.right - x > 60:
            yield svg.text(x + 4, 12, day(tick), class_="small strong")
        elif not midnight:
            yield svg.text(x, _HEAD - 16, clock(tick), class_="small middle faint")
    if not any(clock(tick) == "00:00" and axis.x(tick) - axis.left < 70 for tick in axis.ticks(64)):
        yield svg.text(axis.left, 12, day(axis.start), class_="small strong")


def legend(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield a little drawing and its words for every sign in the picture."""
    yield _swatch(svg.rect(0, 0, 28, 14, class_="area area0")), "instances in service"
    yield _swatch(svg.line(0, 7, 28, 7, class_="desired")), "desired capacity"
    for phase in lane.phases_used(recording.blocks):
        hatch = svg.rect(0, 0, 28, 14, class_="hatched") if phase in lane.HATCHED else ""
        yield _swatch(svg.rect(0, 0, 28, 14, class_=f"phase {phase.name.lower()}") + hatch), phase.value
    used = {entry.mark for entry in recording.entries}
    for mark in (each for each in Mark if each in used):
        yield _swatch(milestone.shape(mark, 14, 7)), mark.value
    for severity in Severity:
        yield _swatch(marks.shape(severity, 14, 7)), f"notice: {severity}"


def _swatch(drawing: str) -> str:
    return svg.element("svg", drawing, viewBox="0 -2 28 18", width=28, height=18, aria_hidden="true")
