"""`make demo`, or `python -m simulator.demo`."""

import json
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from simulator.demo import account, cluster, gaps, own_clusters, story
from simulator.demo.account import Account
from simulator.demo.arguments import Arguments, parse
from simulator.demo.buyer import Buyer
from simulator.demo.clicker import Clicker
from simulator.demo.document import DocumentError
from simulator.demo.furnish import furnish
from simulator.demo.page import page
from simulator.demo.person import Person
from simulator.demo.recorder import Play, play
from simulator.demo.recording import Recording
from simulator.demo.terminal import Passing, console, tell
from simulator.intrinsics import TemplateError
from simulator.slack import Workspace
from simulator.slack import serving as slack_serving
from simulator.world import REMINDERS, World

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
# What happens after the last end still belongs to the run: targets are set free, people are told.
_AFTERMATH = timedelta(minutes=15)
# Where the simulated Slack listens is another port in every run, and says nothing of the story.
_OF_THIS_RUN = frozenset({"SlackApiUrl", "SlackReplyUrl"})


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
    with ExitStack() as exits:
        return (_own if arguments.load else _story)(arguments, out, exits)


def _own(arguments: Arguments, out: Console, exits: ExitStack) -> Recording:
    """Play what the files show. Nothing is bought, and nobody knows what is on sale in that account."""
    held = account.gather(arguments.load, arguments.begin)
    gaps.fill(held)
    parameters = _regional(arguments.parameters, held)
    world = _world(arguments, held, parameters, start=arguments.begin, without=REMINDERS)
    exits.enter_context(world)
    furnish(world, held)
    exits.enter_context(own_clusters.running(world, held))
    end, notes = held.last_end + _AFTERMATH, tuple(held.notes)
    return _played(out, world, Play(title=_title(held), end=end, parameters=parameters, notes=notes, deeds=()))


def _story(arguments: Arguments, out: Console, exits: ExitStack) -> Recording:
    held, parameters = story.account(), story.PARAMETERS | arguments.parameters
    gaps.fill(held)
    slack = exits.enter_context(slack_serving(Workspace(channels=tuple(story.CHANNELS))))
    given = slack.parameters() | parameters
    world = _world(arguments, held, given, start=story.START, faults=story.faults())
    exits.enter_context(world)
    furnish(world, held)
    slack.keep_secrets(world.client("secretsmanager"))
    person, clicker = Person(world), Clicker(world, slack, story.CHANNELS, story.PEOPLE)
    nodes = exits.enter_context(cluster.running(world, "training", person.entries))
    story.tell(world, person, Buyer(world, person.entries), clicker, nodes)
    script = Play(
        title=story.TITLE,
        end=story.END,
        parameters={name: given[name] for name in sorted(given) if name not in _OF_THIS_RUN},
        notes=tuple(held.notes),
        deeds=person.entries,
        cluster=nodes,
        clicker=clicker,
    )
    return _played(out, world, script)


def _world(arguments: Arguments, held: Account, parameters: Mapping[str, str], **options: Any) -> World:
    return World(TEMPLATE, parameters, seed=arguments.seed, regions=held.regions, skip_quiet_sweeps=True, **options)


def _played(out: Console, world: World, script: Play) -> Recording:
    with Passing(out, world, (script.end - world.now).total_seconds() / 60) as passing:
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
