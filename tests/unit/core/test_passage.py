"""Prose and commands of a text are told apart."""

import pytest

from capacity_blocks.core.passage import Passage, passages


def prose(text: str) -> Passage:
    return Passage(text=text, is_command=False)


def command(text: str) -> Passage:
    return Passage(text=text, is_command=True)


def test_a_command_goes_on_as_long_as_its_lines_say_so() -> None:
    text = "To approve:\ncurl -X POST \\\n  -d '{}' \\\n  https://x\nThen wait."

    assert passages(text) == (
        prose("To approve:"),
        command("curl -X POST \\\n  -d '{}' \\\n  https://x"),
        prose("Then wait."),
    )


@pytest.mark.parametrize(
    "line",
    [
        "aws ec2 describe-instances",
        "  kubectl get nodes",
        '{"intent_id": "x"}',
        'eval "$(aws x)"',
        "awscurl --region x",
    ],
)
def test_a_line_that_is_to_be_copied_is_a_command(line: str) -> None:
    assert passages(f"Before.\n\n{line}\n\nAfter.") == (prose("Before."), command(line), prose("After."))


@pytest.mark.parametrize("line", ["aws", "Awscurl finds them.", "It runs kubectl get nodes.", "{pool} is full", ""])
def test_words_about_a_command_are_prose(line: str) -> None:
    assert all(not part.is_command for part in passages(line))


def test_a_text_without_anything_has_no_parts() -> None:
    assert passages("\n\n") == ()
