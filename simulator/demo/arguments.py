"""What the command takes."""

import argparse
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator.demo.account import instant

_PAGE = Path("build/demo.html")
_SEED = 4  # of this story, EC2 delivers one block after one minute, one after two and one after almost three


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    seed: int
    html: Path
    json: Path | None
    load: tuple[Path, ...]
    begin: datetime
    parameters: dict[str, str]


def parse(words: list[str] | None = None) -> Arguments:
    """Read the command line; what is wrong ends the program with a message that says what is allowed."""
    given = _parser().parse_args(words)
    return Arguments(
        seed=given.seed,
        html=given.html,
        json=given.json,
        load=tuple(path for paths in given.load for path in paths),
        begin=given.begin or datetime.now(UTC).replace(second=0, microsecond=0),
        parameters={"ObserveOnly": "false"} | dict(given.parameters),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator.demo",
        description=(
            "Let Capacity Blocks live their whole lives on a local AWS, with the real template and the real handlers: "
            "days pass in seconds. Without --load, a story of three blocks is told."
        ),
        epilog="Through make: make demo DEMO_ARGS='--load blocks.json groups.json'",
    )
    parser.add_argument("--seed", type=int, default=_SEED, metavar="N", help="another seed, other delays (%(default)s)")
    parser.add_argument(
        "--html", type=Path, default=_PAGE, metavar="FILE", help="where the page is written (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON too")
    parser.add_argument(
        "--load",
        type=Path,
        nargs="+",
        action="append",
        default=[],
        metavar="FILE",
        help=(
            "play the future of your own account: output of aws ec2 describe-capacity-reservations (needed), "
            "describe-capacity-blocks, describe-launch-template-versions, describe-subnets, "
            "aws autoscaling describe-auto-scaling-groups, aws eks describe-nodegroup, each in a file of its own"
        ),
    )
    parser.add_argument(
        "--from",
        dest="begin",
        type=_instant,
        metavar="DATE",
        help="with --load: begin then, such as 2027-03-01T09:00Z, and not now",
    )
    parser.add_argument(
        "--parameters",
        type=_parameter,
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the stack, such as DrainLeadMinutes=45 (ObserveOnly=false unless said otherwise)",
    )
    return parser


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; right: one such as 2027-03-01T09:00Z") from None


def _parameter(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\w+)=(.*)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no parameter; right: one such as DrainLeadMinutes=45")
    return found[1], found[2]
