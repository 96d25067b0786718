"""How a drain stands."""

from datetime import timedelta

import pytest

from capacity_blocks.core.drain.verdict import Progress, Report, Verdict
from tests.unit.core.drain.pods import NOW


def test_only_a_drain_that_goes_on_looks_again() -> None:
    assert Progress(verdict=Verdict.PENDING, look_again_at=NOW).look_again_at == NOW
    with pytest.raises(ValueError, match="a drain that is pending looks again at None"):
        Progress(verdict=Verdict.PENDING)
    for final in (Verdict.DRAINED, Verdict.LET_GO):
        with pytest.raises(ValueError, match="looks again"):
            Progress(verdict=final, look_again_at=NOW)


def test_a_verdict_that_nobody_knows_is_no_end() -> None:
    assert Verdict("vanished") is Verdict.UNRECOGNISED
    assert not Verdict.UNRECOGNISED.is_final


def test_a_report_says_how_long_it_took() -> None:
    report = Report(instance_id="i-1", verdict=Verdict.DRAINED, started=NOW, ended=NOW + timedelta(minutes=2))

    assert report.took == timedelta(minutes=2)
