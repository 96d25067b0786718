"""Many faults at once, by chance: what must hold even then is that nothing runs on into reclaim or starts too late."""

from simulator import drill
from simulator.faults import Fault, Faults

RATES = {
    Fault.EVENT_LOST: 0.3,
    Fault.EVENT_DUPLICATED: 0.2,
    Fault.EVENT_LATE: 0.2,
    Fault.SCHEDULE_LOST: 0.1,
    Fault.THROTTLE: 0.02,
    Fault.REPLY_LOST: 0.02,
    Fault.STALE_READ: 0.05,
    Fault.CRASH_BEFORE: 0.005,
    Fault.CRASH_AFTER: 0.005,
}


def test_no_heap_of_faults_lets_a_group_run_into_reclaim() -> None:
    outcome = drill.life(Faults(rates=RATES), seed=1)

    assert (outcome.running_at_reclaim, outcome.raised_after_drain, outcome.launched_after_drain) == (0, 0, 0)
    assert outcome.full_after is not None
