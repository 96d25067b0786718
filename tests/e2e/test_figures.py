"""The figures that the product is held to: time lost in a block that is under our control, and how fast it reacts."""

from datetime import timedelta

import pytest

from simulator.assumptions import Assumptions, seconds
from simulator.faults import Faults, Strike
from tests.e2e.stage import END, NO_EVENTS, SECOND, START, staged

MOST_UNUSED = timedelta(minutes=10.2)


# Between two looks of the product, where a phase of its own could hide nothing.
@pytest.mark.parametrize("delay", [0, 150.1, 300])
@pytest.mark.parametrize(
    ("lost", "most_reaction"), [((), 5 * SECOND), ((NO_EVENTS,), 10 * SECOND)], ids=["events", "no events"]
)
def test_a_block_is_used_from_active_to_t_minus_40(
    delay: float, lost: tuple[Strike, ...], most_reaction: timedelta
) -> None:
    with staged(assumptions=Assumptions(delivery=seconds(delay)), faults=Faults(*lost)) as stage:
        block = stage.block()
        stage.group()
        stage.run_until(END)
        figures = stage.figures(block, START + delay * SECOND)
        assert figures.reaction is not None
        # Until Auto Scaling is asked; then it takes 1 to 5 seconds (assumed) until EC2 has accepted the last launch.
        assert figures.reaction <= most_reaction
        assert figures.lost_at_start <= most_reaction + 5 * SECOND
        assert figures.lost <= MOST_UNUSED
        assert stage.reclaimed() == []
