"""What Slack says of an answer: who decided what, for all to see; why a click does not count, for whoever clicked."""

import re
from datetime import datetime, tzinfo

from capacity_blocks.core.purchase.intent import Intent, IntentState
from capacity_blocks.core.purchase.notices.fact import local
from capacity_blocks.core.slack.text import escaped

_IDENTITY = re.compile("slack:([A-Z0-9]{2,20})/([A-Z0-9]{2,20})", re.ASCII)


def is_open(intent: Intent, now: datetime) -> bool:
    """Whether a question can still be answered."""
    return intent.state is IntentState.ASKED and now < intent.expires_at


def standing(intent: Intent, now: datetime, team: str, zone: tzinfo) -> str:
    """Say who answered a question and how it stands since; empty while nobody has, and somebody still can."""
    yes = " and by ".join(f"{each.by}, {local(each.at, zone)}" for each in intent.approvals)
    approved = f"*Approved* by {yes}." if yes else ""
    match intent.state:
        case IntentState.ASKED if not is_open(intent, now):
            since = f"*Expired*: nobody else answered before {local(intent.expires_at, zone)}."
        case IntentState.ASKED:
            since = "It takes another person." if yes else ""
        case IntentState.APPROVED:
            since = ""
        case IntentState.REJECTED:
            since = f"*Rejected*: {intent.reason}, {local(intent.changed_at, zone)}."
        case state:
            because = f": {intent.reason}" if intent.reason else ""
            since = f"It is {state.value} since {local(intent.changed_at, zone)}{because}."
    return mentioning(" ".join(each for each in (approved, since) if each), team)


def started(what: str, by: str, at: datetime, team: str, zone: tzinfo) -> str:
    """Say who asked for something that the next message asks about."""
    return mentioning(
        f"*Asked for* by {by}, {local(at, zone)}: {what}. "
        "It is looked up anew, and a question with its exact terms follows; nothing is bought before that is answered.",
        team,
    )


def unlisted(identity: str, pool: str) -> str:
    return (
        f"{identity} is not one of pool {pool}'s approvers, so the click does nothing. "
        f'Whoever keeps its settings can add "{identity}" to "approvers" in the section money.'
    )


def mentioning(text: str, team: str) -> str:
    """Write text for Slack, with people of the reader's team as Slack shows them. Others stay as they are listed."""
    return _IDENTITY.sub(lambda found: f"<@{found[2]}>" if found[1] == team else found[0], escaped(text))
