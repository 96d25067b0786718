"""What a purchase is made of, as stamps on the picture: the question, the decision, and what EC2 sold."""

from collections.abc import Iterator, Sequence

from simulator.demo import svg
from simulator.demo.axis import Axis, moment
from simulator.demo.recording import Entry, Mark

ROW = 28
_SIZE = 18
_APART = _SIZE + 3  # stamps closer than this stand beside each other, each tied to its own instant


def row(axis: Axis, top: float, stamped: Sequence[tuple[int, Entry]]) -> str:
    """Draw the stamps, each with its number in the timeline."""
    return "".join(_stamp(axis, top, x, number, entry) for x, number, entry in _placed(axis, stamped))


def shape(mark: Mark, x: float, y: float) -> str:
    """Draw what a stamp looks like, around its middle: told by its sign as well as by its colour."""
    half = _SIZE / 2
    ground = svg.rect(x - half, y - half, _SIZE, _SIZE, rx=4, class_=f"stamp {mark}")
    match mark:
        case Mark.QUESTION:
            return ground + svg.text(x, y + 4.5, "?", class_="sign")
        case Mark.DECISION:
            return ground + svg.element("path", d=f"M{x - 4.5:.1f} {y + 0.5:.1f}l3.2 3.6l6 -7.6", class_="tick")
        case Mark.PURCHASE:
            return ground + svg.text(x, y + 4.5, "$", class_="sign")


def _placed(axis: Axis, stamped: Sequence[tuple[int, Entry]]) -> Iterator[tuple[float, int, Entry]]:
    """Yield where each stamp has room: at its instant, or right of the one before."""
    rim = axis.left
    for place, (number, entry) in enumerate(stamped):
        last = axis.right - _SIZE / 2 - _APART * (len(stamped) - 1 - place)
        x = min(max(axis.x(entry.at), rim), last)
        yield x, number, entry
        rim = x + _APART


def _stamp(axis: Axis, top: float, x: float, number: int, entry: Entry) -> str:
    mark = entry.mark or Mark.PURCHASE
    y, spoken = top + _SIZE / 2, f"{mark}, {moment(entry.at)}: {entry.actor}: {entry.what}"
    return svg.element(
        "a",
        svg.title(spoken),
        svg.line(x, y, axis.x(entry.at), top + ROW, class_="tie"),
        shape(mark, x, y),
        href=f"#e{number}",
        class_="notice",
        aria_label=spoken,
    )
