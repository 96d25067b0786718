"""What the pages say is so: their tables are those of the code, and what they point to is there."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from capacity_blocks.core import tag
from simulator.template import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVENTS = sorted(path.name for path in (ROOT / "events").glob("*.json"))


def first_column(heading: str, page: str = README) -> list[str]:
    """Return the names in code marks of the first cells of the table below a heading."""
    section = page.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_parameter_of_the_template_is_in_the_readme_and_no_other() -> None:
    template = load(ROOT / "template.yaml", {}, "us-east-2")

    assert sorted(first_column("Deploy")) == sorted(template.parameters)


def test_every_tag_is_in_the_readme_and_no_other() -> None:
    named = set(re.findall(r"`(capacity-blocks:[a-z-]+)`", README))
    known = {value for name, value in vars(tag).items() if name.isupper() and str(value).startswith("capacity-blocks:")}

    assert named == known


def test_every_sample_event_is_described_and_every_description_has_its_file() -> None:
    patterns = first_column("Run it by hand")

    assert [event for event in EVENTS if not any(fnmatch(event, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatch(event, pattern) for event in EVENTS)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", page.read_text()) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:^    |`)make ([a-z]+)", page.read_text(), re.MULTILINE)}

    assert named <= targets
    assert {"demo", "test"} <= named
