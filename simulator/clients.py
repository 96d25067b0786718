"""SDK clients, each made once: making one takes longer than ten calls, and every execution environment makes some."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

import boto3
import botocore.session
from botocore.retries.quota import RetryQuota
from botocore.session import Session

_ALL = 1_000_000  # a quota takes back no more than it can hold

_made: dict[tuple[object, ...], Any] = {}
_quotas: list[RetryQuota] = []  # what a client remembers of its past: how many retries it has left


@contextmanager
def shared() -> Iterator[None]:
    """Answer each wish for a client with the one that was made for the same wish before, with all its retries."""
    for quota in _quotas:
        quota.release(_ALL)
    begin = RetryQuota.__init__

    def begun(quota: RetryQuota, *arguments: Any, **options: Any) -> None:
        begin(quota, *arguments, **options)
        _quotas.append(quota)

    make = Session.create_client

    def create_client(session: Session, service_name: str, region_name: str | None = None, **options: Any) -> Any:
        region = region_name or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        config = options.get("config")
        said = sorted(config._user_provided_options.items()) if config is not None else None
        others = sorted((key, value) for key, value in options.items() if key != "config" and value is not None)
        key = (service_name, region, repr(said), repr(others))
        if key not in _made:
            _made[key] = make(session, service_name, region_name=region, **options)
        return _made[key]

    with mock.patch.object(Session, "create_client", create_client), mock.patch.object(RetryQuota, "__init__", begun):
        yield


@cache
def _session() -> boto3.Session:
    return boto3.Session("FOOBARKEY", "FOOBARSECRET", botocore_session=botocore.session.get_session())


@cache
def client(service: str, region: str) -> Any:
    """Give the client of the account's administrator."""
    make: Any = _session().client
    return make(service, region_name=region)
