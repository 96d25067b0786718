"""The page's chapter on drains: each node as a bar, from the drain's start until it was empty, and who was held."""

from collections.abc import Iterator
from datetime import timedelta
from html import escape

from simulator.demo import figures, svg
from simulator.demo.axis import Axis, clock, duration, moment
from simulator.demo.emptying import Drain, Node
from simulator.demo.recording import Recording

_WIDE, _ROW, _TOP, _LEFT = 760, 22, 26, 170
_BADGE = '<span class="badge">simulated</span>'
_WORDS = (
    "All nodes are drained at once, each by a run of its own: it cordons its node, asks for the eviction of every pod, "
    "and waits until they are gone. A pod that a budget holds back is named to people while there is time to act. "
    "An instance that is empty goes at once; at the deadline it goes in any case, before EC2 would kill it."
)


def chapter(recording: Recording) -> str:
    """Write the chapter; nothing at all where nothing was drained."""
    if not recording.drains:
        return ""
    head = "".join(f"<th>{escape(words)}</th>" for words in figures.DRAIN_HEADINGS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in figures.drains(recording)
    )
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>\n'
    pictures = "".join(_figure(drain) for drain in recording.drains)
    return f"<h2>How the nodes were drained {_BADGE}</h2>\n<p>{_WORDS}</p>\n{pictures}{table}"


def _figure(drain: Drain) -> str:
    caption = f"{drain.target} on {drain.reservation_id}, from {moment(drain.began)} on (UTC)"
    reclaim_at = drain.began + drain.given_up
    axis = Axis(start=drain.began, end=reclaim_at, left=_LEFT, right=_WIDE - 12)
    height = _TOP + _ROW * len(drain.nodes) + 6
    parts = [*_grid(axis, height), *_bars(axis, drain)]
    spoken = f"{caption}: {drain.clean} of {len(drain.nodes)} nodes drained, the last after {duration(drain.slowest)}"
    drawn = svg.element("svg", *parts, viewBox=f"0 0 {_WIDE} {height}", role="img", aria_label=spoken)
    return f'<figure class="panel scroll"><figcaption><b>{escape(caption)}</b></figcaption>{drawn}</figure>\n'


def _grid(axis: Axis, height: float) -> Iterator[str]:
    """Draw the minutes; the last is when EC2 begins to terminate."""
    for tick in axis.ticks(70):
        yield svg.line(axis.x(tick), _TOP - 6, axis.x(tick), height, class_="grid")
        is_last = axis.end - tick < timedelta(minutes=1)
        label = f"{clock(tick)} EC2" if is_last else clock(tick)
        yield svg.text(axis.x(tick), 13, label, class_="small faint end" if is_last else "small faint middle")


def _bars(axis: Axis, drain: Drain) -> Iterator[str]:
    for number, node in enumerate(drain.nodes):
        y, x = _TOP + _ROW * number, axis.x(node.started)
        kind = "usable" if not node.was_told and node.is_clean else "draining" if node.is_clean else "reclaiming"
        yield svg.text(0, y + 14, node.instance_id, class_="small")
        bar = svg.rect(x, y + 3, max(2.0, axis.x(node.ended) - x), _ROW - 7, rx=3, class_=kind)
        yield svg.element("g", svg.title(_spoken(node)), bar)
        yield svg.text(axis.x(node.ended) + 6, y + 14, _said(node), class_="small faint")


def _said(node: Node) -> str:
    pods = f"{len(node.evicted)} pod{'s' * (len(node.evicted) != 1)}"
    how = node.verdict if not node.is_clean else "stuck, until somebody acted" if node.was_told else ""
    return f"{pods}, {duration(node.took)}{', ' if how else ''}{how}"


def _spoken(node: Node) -> str:
    return f"{node.instance_id}: {node.verdict}; evicted: {', '.join(node.evicted) or 'nothing'}"
