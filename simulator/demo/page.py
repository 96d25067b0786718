"""The page: one file that needs nothing else, neither a network nor a script."""

from collections.abc import Iterator
from html import escape
from importlib import resources

from simulator.demo import closeup, figures, messages, relay, ward
from simulator.demo.axis import day, moment
from simulator.demo.chapter import chapter
from simulator.demo.picture import legend, picture
from simulator.demo.recording import Block, Entry, Recording

_WIDE, _NARROW = 1120, 400


def page(recording: Recording) -> str:
    """Write the run as HTML. The same recording gives the same page, to the byte."""
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    body = "".join(
        [
            _head(recording),
            _panel(recording),
            chapter(recording),
            relay.chapter(recording),
            messages.chapter(recording),
            ward.chapter(recording),
            _close_ups(recording),
            _figures(recording),
            _timeline(recording),
            _assumed(recording),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(recording.title)}</title>\n<style>\n{style}{_filters(recording)}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    )


def _head(recording: Recording) -> str:
    instances = sum(block.size for block in recording.blocks)
    idle = figures.unserved(recording.blocks)
    cards = [
        (str(len(recording.blocks)), f"Capacity Blocks, {instances} instances in all"),
        *figures.headlines(recording),
        *figures.purchases(recording),
        *figures.emptied(recording),
        (str(len(recording.notices)), "notices to people"),
        *([(str(idle), "delivered without a target to serve")] if idle else []),
    ]
    shown = "".join(f"<li><b>{escape(number)}</b><span>{escape(words)}</span></li>" for number, words in cards)
    days = " to ".join(dict.fromkeys((day(recording.start), day(recording.end))))
    notes = "".join(f"<li>{escape(note)}</li>" for note in recording.notes)
    return (
        f'<header><span class="badge">simulated</span><h1>{escape(recording.title)}</h1>'
        f'<p class="lead">{days} {recording.end.year}, played on a local AWS '
        f"with a virtual clock: the real template and the real handlers, seed {recording.seed}. "
        f"All times are UTC.</p></header>\n"
        f'<ul class="cards">{shown}</ul>\n' + (f"<ul>{notes}</ul>\n" if notes else "")
    )


def _panel(recording: Recording) -> str:
    signs = "".join(f"<li>{drawing}<span>{escape(words)}</span></li>" for drawing, words in legend(recording))
    wide, narrow = picture(recording, _WIDE), picture(recording, _NARROW)
    return (
        "<h2>The whole run</h2>\n"
        '<p class="faint">Rest on a mark, or reach it with the tab key, to read what people were told; '
        "follow it to its line below.</p>\n"
        f'<div class="panel">{_HATCH}'
        f'<div class="wide">{wide}</div>\n<div class="narrow">{narrow}</div>\n'
        f'<ul class="legend">{signs}</ul></div>\n'
    )


def _close_ups(recording: Recording) -> str:
    shown = [drawn for block in recording.blocks if (drawn := _pair(recording, block))]
    words = "Red is what was paid for and not used, as far as this application has it in its hands."
    return f'<h2>Minutes lost, close up</h2>\n<p class="faint">{words}</p>\n{"".join(shown)}' if shown else ""


def _pair(recording: Recording, block: Block) -> str:
    both = (("start", closeup.start(block, recording.groups)), ("end", closeup.end(block, recording.groups)))
    shown = "".join(
        f'<figure class="panel"><figcaption>{which}: <b>{escape(drawn[0])}</b></figcaption>{drawn[1]}</figure>'
        for which, drawn in both
        if drawn is not None
    )
    name = f"{block.reservation_id}, {block.size} x {block.instance_type}, pool {block.pool}"
    return f'<h3>{escape(name)}</h3>\n<div class="closeups">{shown}</div>\n' if shown else ""


def _figures(recording: Recording) -> str:
    heading = "".join(_cell("th", number, words) for number, words in enumerate(figures.HEADINGS))
    rows = "".join(
        "<tr>" + "".join(_cell("td", number, words) for number, words in enumerate(row)) + "</tr>\n"
        for row in figures.rows(recording.blocks)
    )
    return (
        '<h2>Figures <span class="badge">simulated</span></h2>\n'
        f'<div class="scroll"><table><thead><tr>{heading}</tr></thead>\n<tbody>{rows}</tbody></table></div>\n'
        '<p class="faint">Counted from when EC2 says active until all of the share is launched, and from the size '
        "zero until EC2 would begin to terminate. EC2's own delay, from the start to active, is not counted.</p>\n"
    )


def _cell(name: str, column: int, words: str) -> str:
    return f'<{name} class="number">{escape(words)}</{name}>' if column > 1 else f"<{name}>{escape(words)}</{name}>"


def _filters(recording: Recording) -> str:
    """Show the lines of one pool alone, without a script: a radio button that comes before the table."""
    rules = (
        f"#f{number}:checked ~ .scroll tbody tr:not(.p{number}) {{ display: none; }}\n"
        f"#f{number}:checked ~ .choices label[for=f{number}] {{ background: var(--ink); color: var(--paper); }}\n"
        f"#f{number}:focus-visible ~ .choices label[for=f{number}] {{ outline: 2px solid var(--info); }}\n"
        for number in range(1, len(recording.pools) + 1)
    )
    everything = "#f0:checked ~ .choices label[for=f0] { background: var(--ink); color: var(--paper); }\n"
    return everything + "".join(rules)


def _timeline(recording: Recording) -> str:
    choices = ["everything", *(f"pool {pool}" for pool in recording.pools)]
    radios = "".join(
        f'<input class="filter" type="radio" name="pool" id="f{number}"{"" if number else " checked"}>'
        for number, _ in enumerate(choices)
    )
    labels = "".join(f'<label for="f{number}">{escape(words)}</label>' for number, words in enumerate(choices))
    rows = "".join(_row(recording, number, entry) for number, entry in enumerate(recording.entries))
    head = "<tr><th>when (UTC)</th><th>who</th><th>pool</th><th>what, and why</th></tr>"
    return (
        f'<h2>Timeline</h2>\n<section>{radios}<div class="choices">{labels}</div>\n<div class="scroll">'
        f'<table class="timeline"><thead>{head}</thead>\n<tbody>{rows}</tbody></table></div></section>\n'
    )


def _row(recording: Recording, number: int, entry: Entry) -> str:
    pool = f' class="p{recording.pools.index(entry.pool) + 1}"' if entry.pool in recording.pools else ""
    said = f'<span class="said {entry.severity}">{entry.severity}: </span>' if entry.severity else ""
    why = f'<span class="why">{escape(entry.why)}</span>' if entry.why else ""
    return (
        f'<tr id="e{number}"{pool}><td class="meta"><time datetime="{entry.at:%Y-%m-%dT%H:%M:%SZ}">{moment(entry.at)}'
        f'</time></td><td class="meta">{escape(entry.actor)}</td><td class="meta">{escape(entry.pool)}</td>'
        f"<td>{said}{escape(entry.what)}{why}</td></tr>\n"
    )


def _assumed(recording: Recording) -> str:
    """Name what was taken for granted: first what the figures hang on, then all of it."""
    touching = _list(figures.assumptions(recording))
    everything = _list(iter(recording.assumptions.items()))
    given = _list(iter(recording.parameters.items()))
    return (
        f"<h2>What was assumed of AWS</h2>\n<p>AWS does not promise these delays. They are drawn from the seed, "
        f"between the bounds shown here, and every figure above hangs on them.</p>\n{touching}"
        f"<details><summary>Everything that was assumed</summary>{everything}</details>\n"
        f"<details><summary>Parameters of the stack</summary>{given}</details>\n"
    )


def _list(pairs: Iterator[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>\n"


# Phases are told apart by hatching as well as by colour.
_HATCH = (
    '<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>'
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line x1="0" y1="0" x2="0" y2="6" stroke="var(--card)" stroke-width="2.4" opacity=".55"/></pattern></defs></svg>'
)
