"""The page's chapter on Slack: channels and threads as people saw them, from what Slack's server received."""

from collections.abc import Iterator
from html import escape

from simulator.demo import block_kit, mrkdwn
from simulator.demo.axis import clock, day
from simulator.demo.mrkdwn import Names
from simulator.demo.recording import Recording
from simulator.demo.talk import Channel, Click, Payload, Post

_WORDS = (
    "These are the messages that a simulated Slack received, as it would show them. A thread is the life of one block. "
    "Whoever decides does so with a button: the click is signed, counts for exactly the terms that the message shows, "
    "and counts once. Messages are folded to their first line; what cannot wait, and what somebody clicked on, is open."
)
_CRITICAL = "#e01e5a"  # as the product colours what cannot wait
_SHOWN_NAME = "Capacity Blocks"


def chapter(recording: Recording) -> str:
    """Write the chapter; nothing at all where there is no Slack."""
    channels = [each for each in recording.talk.channels if each.posts]
    if not channels:
        return ""
    shown = "".join(_channel(each, recording.talk.names) for each in channels)
    badge = '<span class="badge">simulated</span>'
    return f"<h2>What people saw in Slack {badge}</h2>\n<p>{_WORDS}</p>\n{shown}"


def _channel(channel: Channel, names: Names) -> str:
    roots = [post for post in channel.posts if post.thread_ts is None]
    shown = "".join(_thread(root, channel, names) for root in roots)
    return f'<section class="panel slack"><h3>{escape(channel.name)}</h3>\n{shown}</section>\n'


def _thread(root: Post, channel: Channel, names: Names) -> str:
    replies = [post for post in channel.posts if post.thread_ts == root.ts]
    if not replies:
        return _post(root, names)
    is_open = any(each.clicks for each in replies)
    count = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
    summary = f"<summary>{count}, the last on {_when(replies[-1])}</summary>"
    inside = "".join(_post(each, names) for each in replies)
    return f'{_post(root, names)}<details class="replies"{_open(is_open)}>{summary}\n{inside}</details>\n'


def _post(post: Post, names: Names) -> str:
    attachments = post.payload.get("attachments") or ()
    bars = [block_kit.colour(each) for each in attachments]
    is_open = bool(post.clicks) or _CRITICAL in bars
    bar = f' style="border-color:{bars[0]}"' if bars else ""
    title = mrkdwn.plain(str(post.payload.get("text", "")))
    also = '<span class="app">also sent to the channel</span>' if post.payload.get("reply_broadcast") else ""
    summary = f"<summary><time>{_when(post)}</time> <span>{title}</span></summary>"
    return (
        f'<details class="post"{_open(is_open)}{bar}>{summary}\n'
        f'<div class="message"><p class="sender"><span class="avatar" aria-hidden="true">CB</span>'
        f'<b>{_SHOWN_NAME}</b><span class="app">APP</span>{also}</p>\n{"".join(_lived(post, names))}</div></details>\n'
    )


def _lived(post: Post, names: Names) -> Iterator[str]:
    """Yield the message as it was posted, then each click on it with what came of it."""
    now: Payload = post.payload
    yield block_kit.message(now, names, post.clicks[-1].label if post.clicks else "")
    for click in post.clicks:
        yield _click(click, names)
        if click.private:
            said = mrkdwn.html(click.private, names)
            yield f'<div class="private"><span>Only visible to {escape(names[click.user])}</span><p>{said}</p></div>\n'
        if click.after is not None:
            new = block_kit.changed(now, click.after, names)
            words = "in place of its buttons" if not _buttons(click.after) else "beside what buttons are left"
            yield f'<div class="edited"><span>The message says from then on, {words} (edited)</span>{new}</div>\n'
            now = click.after


def _click(click: Click, names: Names) -> str:
    who, label = escape(names[click.user]), mrkdwn.plain(click.label)
    at = f"{day(click.at)} {clock(click.at)}"
    return f'<p class="click"><time>{at}</time> <b>{who}</b> ({escape(click.actor)}) clicks <q>{label}</q></p>\n'


def _buttons(payload: Payload) -> bool:
    return any(block["type"] == "actions" for block in block_kit.every(payload))


def _when(post: Post) -> str:
    return f"{day(post.at)} {clock(post.at)}"


def _open(is_open: bool) -> str:
    return " open" if is_open else ""
