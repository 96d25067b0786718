"""moto's own account: mocked while a world stands, and empty when the next one begins."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto import mock_aws
from moto import settings as moto_settings
from moto.core.base_backend import BackendDict

_CONFIG: Any = {
    "core": {"reset_boto3_session": False},  # one session for all: its models are loaded once
    "stepfunctions": {"execute_state_machine": True},
}


@contextmanager
def mocked() -> Iterator[None]:
    """Answer every call of the SDK with moto, from an account that nobody has used."""
    # Thousands of images, read anew for each world and each Region, which nothing here looks at.
    with mock.patch.object(moto_settings, "ec2_load_default_amis", return_value=False), mock_aws(config=_CONFIG):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """Drop all that moto keeps. Its own reset makes some backends anew on the way, and forgets that they are there:
    the next world would find what was drawn by chance at the end of this one.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and name.endswith(".models"):
            for value in list(vars(module).values()):
                if isinstance(value, BackendDict):
                    value.clear()
    BackendDict._instances.clear()
