"""Just enough SVG: elements with their attributes, numbers short and always written alike."""

from collections.abc import Iterable
from html import escape

Number = int | float
_REAL_NAMES = {"class_": "class"}


def element(name: str, *content: str, **attributes: object) -> str:
    """Write an element; `content` is markup already. An underscore in an attribute's name stands for a hyphen."""
    written = "".join(
        f' {_REAL_NAMES.get(key, key.replace("_", "-"))}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(content)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def text(x: Number, y: Number, words: str, **attributes: object) -> str:
    return element("text", escape(words), x=x, y=y, **attributes)


def title(words: str) -> str:
    """Name the element that it stands in, for those who hover over it and those who listen."""
    return element("title", escape(words))


def line(x1: Number, y1: Number, x2: Number, y2: Number, **attributes: object) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def rect(x: Number, y: Number, width: Number, height: Number, *content: str, **attributes: object) -> str:
    return element("rect", *content, x=x, y=y, width=width, height=height, **attributes)


def steps(points: Iterable[tuple[Number, Number]]) -> str:
    """Draw a path that keeps its height until the next point, and then jumps."""
    drawn = ""
    for x, y in points:
        drawn += f"H{short(x)}V{short(y)}" if drawn else f"M{short(x)} {short(y)}"
    return drawn


def short(number: Number) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _value(value: object) -> str:
    return short(value) if isinstance(value, int | float) else escape(str(value))
