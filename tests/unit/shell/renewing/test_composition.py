"""What looks up offers is made so that it takes no more of EC2's slow bucket than is counted."""

from typing import Any

import pytest

from capacity_blocks.bootstrap import gather_offers
from capacity_blocks.purchase_settings import PurchaseSettings
from tests.factories import REGION


def test_what_takes_from_the_slow_bucket_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DEFAULT_REGION", REGION), ("ACCESS_KEY_ID", "none"), ("SECRET_ACCESS_KEY", "none")):
        monkeypatch.setenv(f"AWS_{name}", value)
    settings = PurchaseSettings(
        topic_arn="arn:topic", ledger_table="ledger", observe_only=True, regions=(REGION,), pool_settings_path="/pools"
    )

    counter = gather_offers.gatherer(settings, "123456789012").counters[REGION]

    for adapter in (counter.extensions, counter.offerings):
        client: Any = vars(adapter)["_client"]
        assert client.meta.config.retries["total_max_attempts"] == 1
