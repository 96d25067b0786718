"""People who click on buttons in Slack, as the story has them do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from simulator.demo.colleague import Colleague
from simulator.demo.talk import Channel, Click, Post, Talk
from simulator.slack import Posted, Slack, click
from simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clicked:
    """A click that was sent, and the message as it stood then."""

    at: datetime
    who: Colleague
    label: str
    pool: str
    why: str
    status: int
    posted: Posted
    response_path: str


class Clicker:
    """The people before a workspace of Slack. Each click is sent and signed as Slack does it; none is believed more."""

    def __init__(self, world: World, slack: Slack, channels: Mapping[str, str], people: Mapping[str, str]) -> None:
        self._world, self._slack = world, slack
        self._channels, self._people = channels, people
        self._clicks: list[_Clicked] = []

    def click(self, who: Colleague, label: str, about: str, pool: str, why: str) -> None:
        """Click on the last button that begins so, in a message about something; nobody can where there is none."""
        found = [
            each
            for each in self._slack.workspace.messages
            if about in each.words and any(button["text"]["text"].startswith(label) for button in each.buttons)
        ]
        if not found:
            return
        at, posted = self._world.now, found[-1]
        request = click(self._slack, posted, label, who.slack, at)
        answer = self._world.call_url("ReceiveSlackFunction", request.body, headers=request.headers)
        button = next(each["text"]["text"] for each in posted.buttons if each["text"]["text"].startswith(label))
        self._clicks.append(
            _Clicked(
                at=at,
                who=who,
                label=button,
                pool=pool,
                why=why,
                status=answer.status,
                posted=posted,
                response_path=_response_path(request.body, self._slack.url),
            )
        )

    def talk(self) -> Talk:
        """Return what stood in Slack, and what became of each click."""
        workspace = self._slack.workspace
        return Talk(
            channels=tuple(
                Channel(name=name, posts=tuple(self._post(each) for each in workspace.messages if each.channel == own))
                for own, name in self._channels.items()
            ),
            names={**self._people, **self._channels},
            refused=tuple(why for _, why in workspace.refused),
        )

    def _post(self, posted: Posted) -> Post:
        own = [each for each in self._clicks if each.posted.ts == posted.ts]
        return Post(
            at=posted.at,
            ts=posted.ts,
            thread_ts=posted.thread_ts,
            payload=own[0].posted.payload if own else posted.payload,
            clicks=tuple(self._click(each) for each in own),
        )

    def _click(self, clicked: _Clicked) -> Click:
        replies = [each.payload for each in self._slack.workspace.replies if each.url == clicked.response_path]
        after = [each for each in replies if each.get("replace_original")]
        private = [str(each["text"]) for each in replies if each.get("response_type") == "ephemeral"]
        return Click(
            at=clicked.at,
            actor=clicked.who.actor,
            user=clicked.who.slack,
            label=clicked.label,
            pool=clicked.pool,
            why=clicked.why,
            status=clicked.status,
            private="\n".join(private),
            after=after[-1] if after else None,
        )


def _response_path(body: bytes, url: str) -> str:
    """Read which response_url Slack gave to a click: what comes there is the answer to it."""
    payload: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    return str(payload["response_url"]).removeprefix(url)
