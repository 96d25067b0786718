"""A notice as mail: short lines in sections, and nothing that is to be copied is broken."""

from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.mail import WIDTH, body
from tests.factories import a_notice

COMMAND = (
    'curl --aws-sigv4 "aws:amz:us-east-2:lambda" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\\n'
    '  -d \'{"intent_id": "lucy-1"}\' \\\n'
    "  https://0123456789abcdef0123456789abcdef.lambda-url.us-east-2.on.aws/"
)
LINK = "https://us-east-2.console.aws.amazon.com/states/home?region=us-east-2#/v2/executions/details/" + "x" * 40


def test_mail_is_laid_out_to_be_read() -> None:
    notice = a_notice(
        text=(
            "Pool training would buy 8 x p5.48xlarge for 168 hours from 2026-05-04 11:30 UTC, which costs $60,000.\n\n"
            f"To approve:\n{COMMAND}\n\n"
            f"See {LINK} for more.\n"
            "- one thing that has to be said at such a length that it does not fit into a single line of a mail\n"
            "- another"
        ),
        reason="it is idle",
        next_step="Look at the group, at its launch template, and at everything else that may be wrong with it.",
        facts=(("Idle", "8 of 8"), ("Fee per usable GPU-hour in all", "$3"), ("Execution", LINK)),
    )

    assert body(notice) == (
        "train is scaled out to 8 on cr-0a\n"
        "\n"
        "Pool training would buy 8 x p5.48xlarge for 168 hours from 2026-05-04 11:30\n"
        "UTC, which costs $60,000.\n"
        "\n"
        f"To approve:\n{COMMAND}\n"
        "\n"
        "See\n"
        f"{LINK}\n"
        "for more.\n"
        "- one thing that has to be said at such a length that it does not fit into a\n"
        "  single line of a mail\n"
        "- another\n"
        "\n"
        "What to do\n"
        "  Look at the group, at its launch template, and at everything else that may\n"
        "  be wrong with it.\n"
        "\n"
        "What it is about\n"
        "  Pool         training\n"
        "  Region       us-east-2\n"
        "  Reservation  cr-0a\n"
        "  Target       train\n"
        "  Because      it is idle\n"
        "  Idle         8 of 8\n"
        "  Fee per usable GPU-hour in all  $3\n"
        f"  Execution    {LINK}"
    )


def test_mail_leaves_out_what_a_notice_is_not_about() -> None:
    notice = a_notice(pool=None, region=None, reservation_id=None, target=None)

    assert body(notice).endswith("What to do\n  Nothing to do.")


WORDS = st.text(alphabet="ab <&-é", max_size=200)


@given(title=WORDS, text=WORDS, step=WORDS)
def test_no_word_is_lost_or_broken_and_lines_are_short(title: str, text: str, step: str) -> None:
    told = body(a_notice(title=f"t {title}", text=text, next_step=f"s {step}")).partition("\n\nWhat it is about")[0]

    assert told.replace("What to do\n", "").split() == f"t {title} {text} s {step}".split()
    assert all(len(line) <= WIDTH or len(line.split()) == 1 or line.startswith(" ") for line in told.split("\n"))
