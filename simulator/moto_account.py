"""moto's own account: mocked while a world stands, and empty when the next one begins."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from typing import Any
from unittest import mock

from moto import mock_aws
from moto import settings as moto_settings
from moto.core import responses as moto_responses
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.utils import method_names_from_class

_CONFIG: Any = {
    "core": {"reset_boto3_session": False},  # one session for all: its models are loaded once
    "stepfunctions": {"execute_state_machine": True},
}


@contextmanager
def mocked() -> Iterator[None]:
    """Answer every call of the SDK with moto, from an account that nobody has used."""
    with ExitStack() as stack:
        # Thousands of images, read anew for each world and each Region, which nothing here looks at.
        stack.enter_context(mock.patch.object(moto_settings, "ec2_load_default_amis", return_value=False))
        # moto keeps its list of Regions by account, and with it the account itself, for ever.
        by_service = mock.Mock(side_effect=_regions)
        stack.enter_context(mock.patch.object(AccountSpecificBackend, "_generate_regions", by_service))
        # It also looks through all methods of a service at each call of it.
        stack.enter_context(
            mock.patch.object(moto_responses, "method_names_from_class", cache(method_names_from_class))
        )
        stack.enter_context(mock_aws(config=_CONFIG))
        _forget()
        try:
            yield
        finally:
            _forget()


@cache
def _regions(service: str) -> list[str]:
    session = AccountSpecificBackend.get_session()
    partitions = session.get_available_partitions()
    return [
        name for partition in partitions for name in session.get_available_regions(service, partition_name=partition)
    ]


def _forget() -> None:
    """Drop all that moto keeps.

    Its own reset makes some backends anew on the way and forgets that they are there: the next world would find what
    was drawn by chance at the end of this one. Methods that are cached hold their objects, and so whole accounts.
    """
    for value in _holders(sum(name.startswith("moto.") for name in sys.modules)):
        if isinstance(value, BackendDict):
            value.clear()
        else:
            value.cache_clear()
    BackendDict._instances.clear()


@lru_cache(maxsize=1)
def _holders(_modules: int) -> list[Any]:
    """Find what outlives an account in the modules of moto that are there by now."""
    found: list[Any] = []
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and ".models" in name:
            for value in vars(module).values():
                if isinstance(value, BackendDict):
                    found.append(value)
                elif isinstance(value, type):
                    found.extend(each for each in vars(value).values() if hasattr(each, "cache_clear"))
    return found
