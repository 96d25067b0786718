"""The run on the terminal: live while the days pass, then a timeline and the figures."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from simulator.demo import figures
from simulator.demo.axis import day
from simulator.demo.onlooker import Onlooker
from simulator.demo.recording import Entry, Recording, Severity
from simulator.world import World

_WIDTH = 120  # where nobody is looking, so that the same run gives the same text
_STYLES = {Severity.INFO: "blue", Severity.WARNING: "yellow", Severity.CRITICAL: "bold red"}
_HOURS_APART = 12


def console() -> Console:
    """Return where to write: as wide as the terminal, or of a fixed width and plain where there is none."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=_WIDTH, color_system=None)


class Passing:
    """Shows how the days pass: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, out: Console, world: World, total_minutes: float) -> None:
        self._out = out
        self._start = world.now
        self._said_at = world.now
        self._heard = 0
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=36),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[state]}"),
            console=out,
            disable=not out.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task(day(world.now), total=total_minutes, state="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, world: World, onlooker: Onlooker) -> None:
        """Say where the run is: the time, the blocks that are active, the instances in service, and what is new."""
        state = _state(world, onlooker)
        minutes = (world.now - self._start).total_seconds() / 60
        self._bar.update(self._task, completed=minutes, description=f"{day(world.now)} {world.now:%H:%M}", state=state)
        if self._out.is_terminal:
            for notice in world.notices[self._heard :]:
                said = f"{day(notice.at)} {notice.at:%H:%M}  {notice.subject}"
                self._bar.print(Text(said, style="dim"))
            self._heard = len(world.notices)
        elif (world.now - self._said_at).total_seconds() >= _HOURS_APART * 3600:
            self._said_at = world.now
            self._out.print(f"{day(world.now)} {world.now:%H:%M}  {state}")


def _state(world: World, onlooker: Onlooker) -> str:
    active = sum(block.state == "active" for block in onlooker.blocks.values())
    groups = [group for region in world.regions.values() for group in region.auto_scaling.groups.values()]
    serving = sum(member.lifecycle == "InService" for group in groups for member in group.members.values())
    blocks, instances = _counted(active, "active block"), _counted(serving, "instance")
    return f"{blocks}, {instances} in service, {_counted(len(world.notices), 'notice')} said"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def tell(out: Console, recording: Recording) -> None:
    """Write the timeline, the figures and what was assumed."""
    out.rule(Text(recording.title, style="bold"))
    for note in recording.notes:
        out.print(f"note: {note}")
    out.print(_timeline(recording))
    out.print(_figures(recording))
    if recording.drains:
        out.print(_drains(recording))
    if any(figures.money(recording)):
        out.print(_money(recording))
    for figure, words in figures.headlines(recording):
        out.print(f"{figure:>10}  {words}")
    for figure, words in figures.purchases(recording):
        out.print(f"{figure:>10}  {words}")
    for figure, words in figures.emptied(recording):
        out.print(f"{figure:>10}  {words}")
    if idle := figures.unserved(recording.blocks):
        out.print(f"{idle:>10}  delivered without a target to serve: the notices say why")
    out.print()
    out.print(Text("Assumed of AWS, and drawn from the seed between these bounds:", style="bold"))
    for words, value in figures.assumptions(recording):
        out.print(f"  {words:<42} {value}")
    counts = ", ".join(f"{number} {what}" for what, number in recording.counts.items())
    out.print(f"\nSeed {recording.seed}: {counts}.")


def _timeline(recording: Recording) -> Table:
    table = Table(title="Timeline (UTC)", title_style="bold", title_justify="left", show_lines=False, box=None)
    table.add_column("when", no_wrap=True)
    table.add_column("who", no_wrap=True)
    table.add_column("pool", no_wrap=True)
    table.add_column("what, and why", ratio=1)
    before = ""
    for entry in recording.entries:
        today = day(entry.at)
        if today != before:
            table.add_row(Text(today, style="bold"), "", "", "")
            before = today
        table.add_row(f"  {entry.at:%H:%M:%S}", entry.actor, entry.pool, _words(entry))
    return table


def _words(entry: Entry) -> Text:
    said = Text()
    if entry.severity is not None:
        said.append(f"{entry.severity}: ", style=_STYLES[entry.severity])
    said.append(entry.what)
    if entry.why:
        said.append(f"\n  {entry.why}", style="dim")
    return said


def _figures(recording: Recording) -> Table:
    table = _table("Figures (simulated)")
    for number, heading in enumerate(figures.HEADINGS):
        table.add_column(heading, justify="right" if number > 1 else "left", overflow="fold", no_wrap=number != 1)
    for row in figures.rows(recording.blocks):
        table.add_row(*row)
    return table


def _drains(recording: Recording) -> Table:
    table = _table("Drains (simulated)")
    for number, heading in enumerate(figures.DRAIN_HEADINGS):
        table.add_column(heading, justify="right" if number > 1 else "left", no_wrap=not number)
    for row in figures.drains(recording):
        table.add_row(*row)
    return table


def _money(recording: Recording) -> Table:
    table = _table("Money (simulated)")
    for heading in figures.MONEY_HEADINGS:
        table.add_column(heading, justify="right" if heading == "fee" else "left", overflow="fold")
    for row in figures.money(recording):
        table.add_row(*row)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_style="bold", title_justify="left")
