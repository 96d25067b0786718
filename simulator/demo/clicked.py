"""Lines of the timeline: who clicked on which button in Slack, and what came of it."""

from collections.abc import Iterator

from simulator.demo.recording import Entry
from simulator.demo.talk import Click, Talk


def told(talk: Talk) -> Iterator[Entry]:
    """Yield a line for each click."""
    for channel in talk.channels:
        for click in (click for post in channel.posts for click in post.clicks):
            yield Entry(
                at=click.at,
                actor=click.actor,
                what=f"clicks {click.label!r} in {channel.name} on Slack",
                why=f"{click.why}; {_outcome(click)}",
                pool=click.pool,
            )


def _outcome(click: Click) -> str:
    if click.private:
        return f"is told, and nobody else is: {click.private}"
    return "the message says so from then on" if click.after is not None else f"hears nothing (HTTP {click.status})"
