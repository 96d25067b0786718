"""What Slack is told after a click: the message anew, and words for whoever clicked alone."""

from dataclasses import dataclass

from capacity_blocks.core.slack.click import Click
from capacity_blocks.core.slack.rewrite import Note, private, rewritten
from capacity_blocks.core.slack.text import escaped
from capacity_blocks.slack_ports import Replies, ReplyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`note` is for all who see the message, `told` for one. Nothing stands there that was not done before."""

    note: Note | None = None
    told: str = ""

    def send(self, click: Click, replies: Replies) -> str:
        """Send it; return why Slack will never take it, or nothing. ReplyError where trying again may help.

        A message that cannot be changed, as nobody knows it, leaves its news to whoever clicked.
        """
        body = None if self.note is None else rewritten(click.message, self.note)
        told = escaped(self.told)
        if body is None and self.note is not None and not told:
            told = self.note.text
        try:
            if body is not None:
                replies.post(click.response_url, body)
            if told:
                replies.post(click.response_url, private(told, click.message))
        except ReplyError as error:
            if not error.definite:
                raise
            return str(error)
        return ""
