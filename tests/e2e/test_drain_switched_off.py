"""With the functions switched off after the bind the instances go before EC2 takes them: by the hook's own time-out."""

from simulator.assumptions import Assumptions, seconds
from tests.e2e.drain_stage import DRAIN_AT, RECLAIM_AT, drain_staged
from tests.e2e.stage import MINUTE, SECOND


def test_hooks_time_out_before_the_reclaim() -> None:
    late = Assumptions(delivery=seconds(5), scheduled_action=seconds(120))
    with drain_staged(assumptions=late) as told:
        told.running()
        told.fill()
        told.stage.switch_off()
        told.stage.run_until(RECLAIM_AT)
        assert told.stage.steps()[-1][1:] == (0, "scheduled action capacity-blocks-drain")
        assert len(told.ends()) == 2
        for at, why in told.ends().values():
            assert DRAIN_AT + 2 * MINUTE < at < RECLAIM_AT - 30 * SECOND
            assert "Heartbeat Timeout" in why
        assert told.outcomes() == []
        told.stage.run_until(RECLAIM_AT + 10 * MINUTE)
        assert told.stage.reclaimed() == []
        assert told.stage.described()["Instances"] == []
