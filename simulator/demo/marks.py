"""Notices as marks on the picture: a shape for how much they matter, their words for who hovers or tabs there."""

from collections.abc import Iterator, Sequence
from html import escape

from simulator.demo import svg
from simulator.demo.axis import Axis, moment
from simulator.demo.recording import Entry, Severity

ROW = 26
_APART = 15  # marks closer than this become one
_TIP = 300
_SAID = 5  # so many notices a tip has room for


def row(axis: Axis, top: float, notices: Sequence[tuple[int, Entry]]) -> str:
    """Draw the notices, each with its number in the timeline, near ones together."""
    return "".join(_mark(axis, top + ROW / 2, near) for near in _near(axis, notices))


def shape(severity: Severity, x: float, y: float) -> str:
    """Draw what a severity looks like: told by shape as well as by colour."""
    match severity:
        case Severity.INFO:
            return svg.element("circle", cx=x, cy=y, r=7, class_="mark info")
        case Severity.WARNING:
            return svg.element("path", d=f"M{x:.1f} {y - 9:.1f}l9.5 16h-19z", class_="mark warning")
        case Severity.CRITICAL:
            return svg.element("path", d=f"M{x:.1f} {y - 9:.1f}l9 9l-9 9l-9-9z", class_="mark critical")


def _near(axis: Axis, notices: Sequence[tuple[int, Entry]]) -> Iterator[list[tuple[int, Entry]]]:
    near: list[tuple[int, Entry]] = []
    for number, notice in notices:
        if near and axis.x(notice.at) - axis.x(near[0][1].at) > _APART:
            yield near
            near = []
        near.append((number, notice))
    if near:
        yield near


def _mark(axis: Axis, y: float, notices: Sequence[tuple[int, Entry]]) -> str:
    x = axis.x(notices[0][1].at)
    worst = max((n.severity for _, n in notices if n.severity is not None), key=list(Severity).index)
    middle = y + (5 if worst is Severity.WARNING else 3.4)  # a triangle has its room further down
    count = svg.text(x, middle, str(len(notices)), class_="count") if len(notices) > 1 else ""
    spoken = "; ".join(f"{moment(n.at)}: {n.what}" for _, n in notices)
    return svg.element(
        "a",
        svg.rect(x - 12, y - 12, 24, 24, class_="touch"),
        shape(worst, x, y),
        count,
        _tip(axis, x, y, notices),
        href=f"#e{notices[0][0]}",
        class_="notice",
        aria_label=f"{len(notices)} notices, {worst}: {spoken}" if len(notices) > 1 else f"notice, {worst}: {spoken}",
    )


def _tip(axis: Axis, x: float, y: float, notices: Sequence[tuple[int, Entry]]) -> str:
    width = min(_TIP, axis.right - 8)
    left = min(max(x - width / 2, 4), axis.right - width)
    said = "".join(
        f"<p><b>{escape(moment(n.at))}</b> {escape(n.what)}<span> {escape(n.why)}</span></p>"
        for _, n in notices[:_SAID]
    )
    more = f"<p>and {len(notices) - _SAID} more</p>" if len(notices) > _SAID else ""
    box = f'<div xmlns="http://www.w3.org/1999/xhtml">{said}{more}</div>'
    return svg.element(
        "foreignObject", box, x=left, y=y + 12, width=width, height=260, class_="tip", aria_hidden="true"
    )
