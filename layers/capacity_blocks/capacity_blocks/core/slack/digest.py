"""Many notices of one minute as one message: how many of which kind, each block by its id, and what to do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import accumulate, groupby

from capacity_blocks.core.notice import Notice, Severity
from capacity_blocks.core.publication import Publication
from capacity_blocks.core.slack import limit
from capacity_blocks.core.slack.message import Block, Message, context, head, notification, section
from capacity_blocks.core.slack.route import Routes
from capacity_blocks.core.slack.text import MARKS, escaped_cut, localised, pages

WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
MOST_TITLES = 3  # of a kind, but for what is critical: that is told by all its titles, while there is room
CRITICAL_TITLES = 6000  # characters, which all kinds share
MOST_STEPS = 2
NAMED = 1600  # characters of ids and names of a kind
NOTHING_TO_DO = "Nothing to do."
MOST_POOLS = 20

Group = Sequence[Publication]


def message(publications: Sequence[Publication], routes: Routes) -> Message:
    """Sum up notices of one channel. The clock is that of the first one's pool, and each pool calls its own people."""
    zone = routes.of(publications[0].notice.pool).time_zone
    severity = next(each for each in WORST_FIRST if any(p.notice.severity is each for p in publications))
    title = f"{len(publications)} notices: {_counted(publications)}"
    return Message(
        severity=severity,
        text=notification(severity, title, zone),
        head=head(severity, title, _mentions(publications, routes), zone),
        body=(*_within(_groups(publications), zone), context(_pools(publications))),
    )


def _counted(publications: Sequence[Publication]) -> str:
    counts = Counter(p.notice.severity for p in publications)
    return ", ".join(f"{counts[severity]} {severity.value}" for severity in WORST_FIRST if counts[severity])


def _mentions(publications: Sequence[Publication], routes: Routes) -> tuple[str, ...]:
    called = (who for p in publications for who in routes.of(p.notice.pool).mentions.get(p.notice.severity, ()))
    return tuple(dict.fromkeys(called))


def _groups(publications: Sequence[Publication]) -> list[Group]:
    """Return the notices by kind, the worst first, and among equals the most."""

    def sort(publication: Publication) -> tuple[int, str]:
        return WORST_FIRST.index(publication.notice.severity), publication.notice.kind

    groups = [list(group) for _, group in groupby(sorted(publications, key=sort), key=sort)]
    return sorted(groups, key=lambda group: (WORST_FIRST.index(group[0].notice.severity), -len(group)))


def _within(groups: Sequence[Group], zone: tzinfo) -> Iterator[Block]:
    """Yield the sections of each kind, as many as Slack takes, and say how many notices are left out."""
    critical = sum(group[0].notice.severity is Severity.CRITICAL for group in groups)
    room, blocks = limit.MESSAGE_TEXT, limit.BLOCKS - 5
    for number, group in enumerate(groups):
        sections = list(pages(_lines(group, zone, CRITICAL_TITLES // max(1, critical)), limit.SECTION_TEXT))
        room, blocks = room - sum(map(len, sections)), blocks - len(sections)
        if room < 0 or blocks < 0:
            left = sum(map(len, groups[number:]))
            yield section(f"_{left} more, of {len(groups) - number} kinds: the mail has them._")
            return
        yield from map(section, sections)


def _lines(group: Group, zone: tzinfo, critical_titles: int) -> Iterator[str]:
    notices = [each.notice for each in group]
    kind = notices[0].kind.replace("-", " ").capitalize()
    titles = [f"• {escaped_cut(localised(each.title, zone), 250)}" for each in notices]
    shown = MOST_TITLES
    if notices[0].severity is Severity.CRITICAL:
        shown = max(shown, sum(length <= critical_titles for length in accumulate(map(len, titles))))
    yield f"*{MARKS[notices[0].severity]}{escaped_cut(kind, 100)}: {len(group)}*"
    yield from titles[:shown]
    if others := _named(notices[shown:]):
        yield f"and of {others}"
    steps = dict.fromkeys(each.next_step for each in notices if each.next_step not in {"", NOTHING_TO_DO})
    yield from (f"_What to do:_ {escaped_cut(localised(step, zone), 300)}" for step in list(steps)[:MOST_STEPS])


def _named(rest: Sequence[Notice]) -> str:
    """Name what the rest is about, as far as there is room."""
    names, length = [], 0
    subjects = _subjects(rest)
    for name in subjects:
        shown = escaped_cut(name, 100)
        if length + len(shown) + 2 > NAMED:
            break
        names.append(shown)
        length += len(shown) + 2
    left = len(subjects) - len(names)
    return ", ".join(names) + (f" and {left} more" if left else "")


def _subjects(rest: Sequence[Notice]) -> Sequence[str]:
    """Return the blocks, or the targets where these tell more apart, or both where only both tell all apart."""
    blocks = dict.fromkeys(each.reservation_id or each.target or each.thread or each.key for each in rest)
    targets = dict.fromkeys(each.target or each.reservation_id or each.thread or each.key for each in rest)
    both = dict.fromkeys(
        " of ".join(filter(None, (each.target, each.reservation_id))) or each.thread or each.key for each in rest
    )
    return next(list(names) for names in (blocks, targets, both) if len(names) == len(both))


def _pools(publications: Sequence[Publication]) -> str:
    counts = Counter(p.notice.pool or "no pool" for p in publications)
    shown = [f"{name}: {count}" for name, count in counts.most_common(MOST_POOLS)]
    more = f" and {len(counts) - MOST_POOLS} pools more" if len(counts) > MOST_POOLS else ""
    return escaped_cut(f"{', '.join(shown)}{more}. The mail has each of them.", limit.CONTEXT_TEXT)
