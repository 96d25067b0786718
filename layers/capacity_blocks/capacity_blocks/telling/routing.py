"""Where the notices of each pool go, as the settings of the pools say."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from capacity_blocks import pool_settings
from capacity_blocks.core.slack.route import Route, Routes
from capacity_blocks.pool_settings import PoolSettingsError


def routes(texts: Mapping[str, str], default: Route, *, channels: bool, log: Callable[..., None]) -> Routes:
    """Return the routes. A pool whose settings are broken has the stack's, so that it is told of that too.

    Without `channels` there is one, and nobody has another: a webhook's.
    """
    only = default if channels else replace(default, channel=None)
    by_pool = {}
    for pool, text in texts.items():
        try:
            wanted = only.changed(pool_settings.routes(text))
        except (PoolSettingsError, RecursionError) as error:
            log("settings broken", pool=pool, error=str(error)[:500])
            continue
        by_pool[pool] = wanted if channels else replace(wanted, channel=None)
    return Routes(default=only, by_pool=by_pool)
