"""`make demo`, or `python -m simulator.demo`."""

import json
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from simulator.demo import account, cluster, gaps, own_clusters, story
from simulator.demo.account import Account
from simulator.demo.arguments import Arguments, parse
from simulator.demo.buyer import Buyer
from simulator.demo.document import DocumentError
from simulator.demo.furnish import furnish
from simulator.demo.page import page
from simulator.demo.person import Person
from simulator.demo.recorder import Play, play
from simulator.demo.recording import Recording
from simulator.demo.terminal import Passing, console, tell
from simulator.intrinsics import TemplateError
from simulator.world import REMINDERS, World

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
# What happens after the last end still belongs to the run: targets are set free, people are told.
_AFTERMATH = timedelta(minutes=15)


def main(words: list[str] | None = None) -> int:
    """Play, tell, write the page; return what the process should exit with."""
    arguments, begun = parse(words), time.perf_counter()
    out = console()
    try:
        recording = record(arguments, out)
    except (DocumentError, TemplateError) as error:
        print(f"simulator.demo: {error}", file=sys.stderr)
        return 2
    tell(out, recording)
    written = [_write(arguments.html, page(recording))]
    if arguments.json is not None:
        written.append(_write(arguments.json, json.dumps(recording.as_json(), indent=1) + "\n"))
    for path in written:
        out.print(f"Written: {path}")
    if out.is_terminal:
        out.print(f"{recording.end - recording.start} in {time.perf_counter() - begun:.0f} seconds.", style="dim")
    return 0


def record(arguments: Arguments, out: Console) -> Recording:
    """Play the story, or the future of the account in the files."""
    own = bool(arguments.load)
    start = arguments.begin if own else story.START
    held = account.gather(arguments.load, start) if own else story.account()
    gaps.fill(held)
    parameters = _regional(arguments.parameters if own else story.PARAMETERS | arguments.parameters, held)
    end = held.last_end + _AFTERMATH if own else story.END
    with ExitStack() as exits:
        world = World(
            TEMPLATE,
            parameters,
            start=start,
            seed=arguments.seed,
            regions=held.regions,
            faults=None if own else story.faults(),
            skip_quiet_sweeps=True,
            without=REMINDERS,
        )
        exits.enter_context(world)
        furnish(world, held)
        person = Person(world)
        nodes = None
        if own:
            exits.enter_context(own_clusters.running(world, held))
        else:
            nodes = exits.enter_context(cluster.running(world, "training", person.entries))
            story.tell(world, person, Buyer(world, person.entries), nodes)
        script = Play(
            title=_title(held) if own else story.TITLE,
            end=end,
            parameters=parameters,
            notes=tuple(held.notes),
            deeds=person.entries,
            cluster=nodes,
        )
        with Passing(out, world, (end - start).total_seconds() / 60) as passing:
            return play(world, script, passing.show)


def _regional(parameters: dict[str, str], held: Account) -> dict[str, str]:
    """Let the stack look after all Regions of the account, unless the parameters say otherwise."""
    return {"Regions": ",".join(held.regions)} | parameters if len(held.regions) > 1 else parameters


def _title(held: Account) -> str:
    blocks, groups = len(held.reservations), len(held.groups) + len(held.node_groups)
    return f"The future of {blocks} Capacity Block{'s' * (blocks != 1)} and {groups} group{'s' * (groups != 1)}"


def _write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
