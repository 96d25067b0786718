"""What is posted of the notices that came together: each by itself, or all of a channel in one digest."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack import digest, telling
from capacity_blocks.core.slack.message import Message
from capacity_blocks.core.slack.route import Routes

FEW = 5  # as many are read one by one
MOST_QUESTIONS = 20  # a digest has no buttons; at one message a second, this is how long people wait for the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message to a channel (None: the one that there is), and which publications are told once it is taken.

    `subjects` name the thread that it belongs to, by any of them; none, where it stands for itself.
    """

    channel: str | None
    message: Message
    publications: tuple[Publication, ...]
    subjects: tuple[str, ...] = ()


def posts(publications: Sequence[Publication], routes: Routes, *, buttons: bool) -> tuple[Post, ...]:
    """Return what to post, in the order in which it was published, a digest at the end of its channel."""
    by_channel: defaultdict[str | None, list[Publication]] = defaultdict(list)
    for publication in sorted(publications, key=lambda each: each.at):
        by_channel[routes.of(publication.notice.pool).channel].append(publication)
    return tuple(post for channel, told in by_channel.items() for post in _of_channel(channel, told, routes, buttons))


def is_burst(publications: Sequence[Publication], routes: Routes) -> bool:
    """Say whether these are already more than are told one by one, so that it pays to wait for the rest."""
    channels = [routes.of(each.notice.pool).channel for each in publications]
    return any(channels.count(channel) > FEW for channel in set(channels))


def subjects(notice: Notice) -> tuple[str, ...]:
    """Return what a notice is about, the block first: a purchase goes on in the thread of its request."""
    return tuple(each for each in (notice.reservation_id, notice.thread) if each)


def _of_channel(channel: str | None, told: Sequence[Publication], routes: Routes, buttons: bool) -> Iterator[Post]:
    single = _single(told, buttons)
    for publication in single:
        route = routes.of(publication.notice.pool)
        yield Post(
            channel=channel,
            message=telling.message(publication, route, buttons=buttons),
            publications=(publication,),
            subjects=subjects(publication.notice),
        )
    rest = [each for each in told if each not in single]
    if rest:
        yield Post(channel=channel, message=digest.message(rest, routes), publications=tuple(rest))


def _single(told: Sequence[Publication], buttons: bool) -> Sequence[Publication]:
    if len(told) <= FEW:
        return told
    asking = [each for each in told if buttons and each.notice.choices]
    return asking[:MOST_QUESTIONS] if len(told) - len(asking[:MOST_QUESTIONS]) > FEW else told
