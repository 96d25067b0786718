"""Posts a message: at the pace that Slack allows, into its thread, and plainer or elsewhere where Slack wants that."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from capacity_blocks.core.notice import Severity
from capacity_blocks.core.slack.batch import Post
from capacity_blocks.ports import Clock
from capacity_blocks.telling_ports import NotNowError, NotTakenError, Poster, TellingLedger, TooOftenError

# "Rate limits": one message a second for each channel, and for each webhook.
PACE = timedelta(seconds=1)
# Slack's words, from the reference of chat.postMessage and of incoming webhooks.
THREAD_TROUBLE = frozenset({"thread_not_found", "message_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
BLOCK_TROUBLE = frozenset(
    {
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
CHANNEL_TROUBLE = frozenset(
    {"channel_is_archived", "channel_not_found", "is_archived", "is_inactive", "not_in_channel", "restricted_action"}
)


@dataclass(slots=True, kw_only=True)
class Sender:
    """`default` is the channel for what the channel of a pool does not take."""

    poster: Poster
    ledger: TellingLedger
    clock: Clock
    default: str | None
    log: Callable[..., None]
    _free_at: dict[str | None, datetime] = field(default_factory=dict)

    def send(self, post: Post, *, or_plain: bool) -> str | None:
        """Have Slack take a post, and return what was wrong with where it should have gone, if anything.

        With `or_plain` what it fails on is sent once more without blocks. Raise NotTakenError where it is taken
        nowhere, and NotNowError.
        """
        try:
            self._into_thread(post, or_plain)
        except NotTakenError as refused:
            if refused.code not in CHANNEL_TROUBLE or post.channel == self.default or self.default is None:
                raise
            self._into_thread(replace(post, channel=self.default), or_plain)
            return f"{post.channel}: {refused.code}; its notices went to {self.default}"
        return None

    def _into_thread(self, post: Post, or_plain: bool) -> None:
        if not self.poster.has_threads or post.channel is None or not post.subjects:
            self._post(post, None, or_plain)
            return
        thread = next(self._threads(post.channel, post.subjects), None)
        try:
            name = self._post(post, thread, or_plain)
        except NotTakenError as refused:
            if thread is None or refused.code not in THREAD_TROUBLE:
                raise
            # Somebody has deleted what it began with: it begins anew.
            thread, name = None, self._post(post, None, or_plain)
        self._remember(post.channel, post.subjects, thread, name)

    def _threads(self, channel: str, subjects: tuple[str, ...]) -> Iterator[str]:
        yield from filter(None, (self.ledger.thread(channel, subject) for subject in subjects))

    def _remember(self, channel: str, subjects: tuple[str, ...], thread: str | None, name: str | None) -> None:
        """Remember the thread under every subject: after a purchase, the block's is that of the request."""
        if (root := thread or name) is None:
            return
        for subject in subjects:
            if self.ledger.thread(channel, subject) != root:
                self.ledger.put_thread(channel, subject, root, self.clock.now())

    def _post(self, post: Post, thread: str | None, or_plain: bool) -> str | None:
        try:
            return self._at_pace(post, post.message.payload(), thread)
        except NotTakenError as refused:
            if refused.code not in BLOCK_TROUBLE:
                raise
            self.log("blocks refused", code=refused.code, title=post.message.text)
        except TooOftenError:
            raise
        except NotNowError as error:
            if not or_plain:
                raise
            self.log("blocks failed", error=str(error), title=post.message.text)
        return self._at_pace(post, post.message.plain(), thread)

    def _at_pace(self, post: Post, payload: Mapping[str, Any], thread: str | None) -> str | None:
        self.clock.sleep_until(self._free_at.get(post.channel, self.clock.now()))
        # What somebody must know is seen in the channel too: threads are easily missed.
        broadcast = thread is not None and post.message.severity is not Severity.INFO
        try:
            return self.poster.post(post.channel, payload, thread, broadcast=broadcast)
        finally:
            self._free_at[post.channel] = self.clock.now() + PACE
