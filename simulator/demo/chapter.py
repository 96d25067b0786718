"""The page's chapter on purchases: what was asked for, what was found, who decided, and what became of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from simulator.demo import figures
from simulator.demo.axis import moment
from simulator.demo.dealing import Intent, Offer, Request
from simulator.demo.recording import Recording
from simulator.demo.wish import wish

_OFFER = ("", "fee", "what", "start", "zone", "hours", "usable", "per usable hour", "verdict")
_TURN = ("when (UTC)", "the purchase is", "the workflow is in", "because")
_WORDS = (
    "Nobody called EC2 by hand for these. A person writes down what is wanted and the most that it may cost; a "
    "workflow searches, asks who may decide, buys once, and follows the payment. Every state of a purchase is kept in "
    "a ledger, before anything is done about it: so a reply that is lost, a crash or a second start cannot buy a "
    "second time."
)


def chapter(recording: Recording) -> str:
    """Write the chapter; nothing at all where nobody has asked for anything."""
    if not recording.requests:
        return ""
    deals = "".join(_deal(request, recording.talk.names) for request in recording.requests)
    return f"<h2>How the blocks were bought</h2>\n<p>{_WORDS}</p>\n{deals}{_money(recording)}"


def _deal(request: Request, names: Mapping[str, str]) -> str:
    """Write one request: short where it was a dry run."""
    kind = "dry run" if request.is_dry_run else "request"
    heading = f"<h3>{escape(request.request_id)}: {escape(wish(request.document))}</h3>\n"
    begun = f'<p class="faint">A {kind} for pool {escape(request.pool)}, started on {moment(request.started_at)}.</p>\n'
    wanted = _details("What was asked for, as a person wrote it", json.dumps(request.document, indent=2))
    if request.is_dry_run:
        body = _details("What the dry run says", request.told)
    else:
        body = _found(request) + "".join(_intent(intent, names) for intent in request.intents) + _steps(request)
    return f'<section class="panel deal">{heading}{begun}{wanted}{body}</section>\n'


def _found(request: Request) -> str:
    if request.searched_at is None:
        return ""
    chosen = {intent.offering_id for intent in request.intents}
    rows = [(_look(offer, chosen), _offer(offer, chosen)) for offer in request.offers]
    remarks = "".join(f'<p class="faint">{escape(remark)}</p>' for remark in request.remarks)
    return f"<h4>What was found on {moment(request.searched_at)}</h4>\n{_table(_OFFER, rows)}{remarks}\n"


def _look(offer: Offer, chosen: set[str]) -> str:
    return "chosen" if offer.offering_id in chosen else "" if offer.may_be_bought else "refused"


def _offer(offer: Offer, chosen: set[str]) -> tuple[str, ...]:
    verdict = "chosen" if offer.offering_id in chosen else offer.verdict
    sign = "✓" if offer.offering_id in chosen else "" if offer.may_be_bought else "✕"
    what, start = offer.what.replace(" + ", "\n+ "), offer.start.replace(" = ", "\n")
    return sign, offer.fee, what, start, offer.zone, offer.hours, offer.usable, offer.rate, verdict


def _intent(intent: Intent, names: Mapping[str, str]) -> str:
    rows = [("", (moment(turn.at), turn.state, turn.step, turn.reason)) for turn in intent.turns]
    question = _details("The question, as it came by mail", intent.question) if intent.question else ""
    said = f"{intent.fee}, on the word of {figures.word(intent, names)}" if intent.attempts else intent.fee
    return f"<h4>What became of it: {escape(said)}</h4>\n{_table(_TURN, rows)}{question}"


def _steps(request: Request) -> str:
    lines = (
        f"{moment(step.at)}  {step.name}{f'  ({step.times} times)' if step.times > 1 else ''}" for step in request.steps
    )
    return _details("The states of the workflow, each when it was entered first", "\n".join(lines))


def _money(recording: Recording) -> str:
    rows = [("", row) for row in figures.money(recording)]
    sums = "".join(f"<p><b>{escape(sum_)}</b> {escape(words)}</p>" for sum_, words in figures.purchases(recording))
    badge = '<span class="badge">simulated</span>'
    return f"<h3>Money {badge}</h3>\n{_table(figures.MONEY_HEADINGS, rows)}{sums}\n" if rows else ""


def _table(headings: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(_row(look, cells) for look, cells in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'


def _row(look: str, cells: Sequence[str]) -> str:
    *most, last = cells
    shown = "".join(f"<td>{escape(cell)}</td>" for cell in most) + f'<td class="reason">{escape(last)}</td>'
    return f'<tr class="{look}">{shown}</tr>\n' if look else f"<tr>{shown}</tr>\n"


def _details(summary: str, text: str) -> str:
    return f"<details><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>\n"
