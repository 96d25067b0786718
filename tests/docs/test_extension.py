"""What the page on extensions says is what the code takes."""

import re

from capacity_blocks.core.extension.request import FIELDS, parse
from tests.built.samples import EVENTS
from tests.template.stack import ROOT

PAGE = (ROOT / "docs" / "extensions.md").read_text()


def test_every_field_of_a_wish_is_described_and_no_other() -> None:
    rows = re.search(r"\| field of `extend`.*?\n\n", PAGE, re.DOTALL)
    assert rows is not None
    named = re.findall(r"`([a-z_]+)`", " ".join(line.split("|")[1] for line in rows[0].splitlines()[2:] if line))

    assert sorted(named) == sorted(FIELDS)


def test_the_sample_is_a_wish() -> None:
    assert parse(EVENTS["extension-request"]["extend"]).reservation_id == "cr-0123456789abcdef0"


def test_the_steps_are_those_of_the_workflow() -> None:
    flow = (ROOT / "statemachines" / "extension.asl.yaml").read_text()
    steps = re.findall(r"^\| ([A-Z][a-z]+ [^|]+?) \|", PAGE, re.MULTILINE)

    assert [step for step in steps if f"\n  {step}:" not in flow] == []
    assert len(steps) == 7
