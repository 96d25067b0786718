"""How Hypothesis looks: at the same examples each time, so that a run says something of the code and not of its luck.

`HYPOTHESIS_PROFILE=wide make test` looks at new ones.
"""

import os

from hypothesis import HealthCheck, settings

# A machine that is busy makes an example slow, not wrong.
settings.register_profile(
    "same", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("wide", settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
