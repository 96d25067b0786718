"""A purchase request in one line, for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator.demo.axis import day


def wish(document: Mapping[str, Any]) -> str:
    """Say what is wanted: how much, for how long, from when and for how much at most."""
    days, earliest = document["duration_days"], document.get("earliest_start")
    what = f"{document['instance_count']} x {' or '.join(document['instance_types'])}"
    start = f"from {day(datetime.fromisoformat(earliest))} on" if earliest else "as soon as can be"
    return f"{what} for {days} day{'s' * (days != 1)}, {start}, for at most ${int(document['most_upfront_fee']):,}"
