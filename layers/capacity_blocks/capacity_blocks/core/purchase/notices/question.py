"""The question that a purchase asks people: exact terms, who may answer, until when, and how."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from decimal import Decimal

from capacity_blocks.core.notice import Choice, Notice, Severity, Tone
from capacity_blocks.core.purchase import money
from capacity_blocks.core.purchase.approval import needed
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.money_settings import MoneySettings
from capacity_blocks.core.purchase.notices import command
from capacity_blocks.core.purchase.notices.fact import about, budget, fee, hardware, local, paragraphs, what
from capacity_blocks.core.purchase.notices.link import function_link, region_of
from capacity_blocks.core.purchase.notices.person import is_of_slack, lacking, named
from capacity_blocks.core.words import hours, listed


def asked(
    *,
    intent: Intent,
    settings: MoneySettings | None,
    url: str,
    console_function: str,
    why: str,
    execution: str,
    book: Book | None = None,
    warnings: Sequence[str] = (),
    time_zone: tzinfo = UTC,
    slack: bool = False,
) -> Notice:
    """Ask for approval. Where too few people can answer it says so first: nobody should wait for an answer.

    `slack` says that its buttons are heard there.
    """
    until = local(intent.expires_at, time_zone)
    short = lacking(intent.terms.upfront_fee, settings, url, console_function, slack=slack)
    price = fee(intent.terms)
    ask = f"Approve or reject it before {until}."
    return about(
        intent,
        "asked",
        severity=Severity.CRITICAL if short else Severity.WARNING,
        title=f"{'Nobody can approve' if short else 'To approve:'} {price} for {what(intent.terms)}",
        text=paragraphs(
            short and f"{_sentence(short)}: it cannot be bought as the pool's settings stand.",
            _terms(intent, time_zone),
            f"Why this one: {why}." if why else "",
            listed(warnings),
            _who(intent, settings, until),
            _by_slack(settings) if slack else "",
            _by_url(intent, url, region_of(execution)),
            _by_console(intent, settings, console_function, execution),
            "Nothing is bought before that. Right before the purchase it is looked up again: gone or dearer means a "
            "new question. Without an answer in time nothing is bought, and the money reserved for it is free again.",
        ),
        next_step=f"{_add(intent, settings)} Then: {ask[0].lower()}{ask[1:]}" if short else ask,
        execution=execution,
        time_zone=time_zone,
        facts=(("Approve before", until), *budget(intent.asked_at, book, settings)),
        choices=() if short else _choices(intent, price),
    )


def _choices(intent: Intent, price: str) -> tuple[Choice, Choice]:
    """Offer both answers, each bound to the terms that the question shows."""
    terms = (("intent_id", intent.intent_id), ("terms", intent.terms.hash))
    what_is = "A block" if intent.terms.extends is None else "More time"
    sure = f"Spend {price}? {what_is} can neither be cancelled nor given back."
    return (
        Choice(label=f"Approve {price}", value=(*terms, ("decision", "approve")), tone=Tone.GOOD, confirm=sure),
        Choice(label="Reject", value=(*terms, ("decision", "reject")), tone=Tone.DANGER),
    )


def _terms(intent: Intent, zone: tzinfo) -> str:
    offering = intent.terms.offering
    rate = offering.fee_per_unit_hour
    each = "" if rate is None else f", which is {money.shown(rate, offering.currency)} per {offering.unit.value}"
    if intent.terms.extends is not None:
        return (
            f"Pool {intent.terms.pool} would extend {intent.terms.extends} ({hardware(intent.terms)}), which ends at "
            f"{local(offering.start, zone)}, by {hours(offering.duration)} hours until {local(offering.end, zone)}. It "
            f"costs {fee(intent.terms)}{each}. EC2 charges the fee at once, and more time can neither be cancelled nor "
            "given back. The end moves once the fee is paid, which takes up to 12 hours; until then the old one stands."
        )
    return (
        f"Pool {intent.terms.pool} would buy {what(intent.terms)}, until {local(offering.end, zone)}; "
        f"{hours(offering.usable_duration)} of the hours can be used. It costs {fee(intent.terms)}{each}. "
        "EC2 charges the fee at once; a block can neither be cancelled nor given back."
    )


def _who(intent: Intent, settings: MoneySettings | None, until: str) -> str:
    people = settings.approvers if settings is not None else ()
    two = settings is not None and needed(intent.terms.upfront_fee, settings) == 2
    must = "Two different people of these must approve it" if two else "One of these must approve it"
    return f"{must} before {until}; one no is enough to reject it:\n{named(people)}" if people else ""


def _by_slack(settings: MoneySettings | None) -> str:
    people = settings.approvers if settings is not None else ()
    if not any(is_of_slack(identity) for each in people for identity in each):
        return ""
    return "In Slack its buttons answer, for those who are listed as slack:<team>/<user>."


def _by_url(intent: Intent, url: str, region: str) -> str:
    if not url:
        return ""
    return paragraphs(
        "To answer, take your own AWS credentials (the URL has to know who you are), in a shell:",
        command.CREDENTIALS,
        f"To approve:\n{command.curl(intent, 'approve', url, region)}",
        f"To reject:\n{command.curl(intent, 'reject', url, region)}",
        "With a curl older than 7.88, or without one: the same through awscurl, which finds your credentials itself.",
        f"To approve:\n{command.awscurl(intent, 'approve', url, region)}",
        f"To reject:\n{command.awscurl(intent, 'reject', url, region)}",
    )


def _by_console(intent: Intent, settings: MoneySettings | None, function: str, execution: str) -> str:
    most = settings.console_approval_up_to if settings is not None else Decimal(0)
    if not function or intent.terms.upfront_fee > most:
        return "A test event in the Lambda console cannot answer: it does not say who sent it" + (
            f", and serves up to {money.shown(most)} only." if most else "."
        )
    return paragraphs(
        f"Or in the console, as fees up to {money.shown(most)} are open to whoever may test functions there: "
        f"{function_link(function, execution)}",
        f"Event to approve:\n{command.decision(intent, 'approve')}",
        f"Event to reject:\n{command.decision(intent, 'reject')}",
    )


def _add(intent: Intent, settings: MoneySettings | None) -> str:
    example = '"approvers": ["arn:aws:iam::<account>:user/<name>"]'
    more = f"Add people to {example} in the section money of the settings of pool {intent.terms.pool}"
    two = settings is not None and needed(intent.terms.upfront_fee, settings) == 2
    return f"{more}; {'two have to be there for this fee' if two else 'one is enough for this fee'}."


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}"
