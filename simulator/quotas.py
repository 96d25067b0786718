"""Service Quotas of EC2's Capacity Blocks, as the engine of each Region applies them, plugged into moto."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import JsonRESTError
from moto.servicequotas.models import servicequotas_backends
from moto.servicequotas.responses import ServiceQuotasResponse

from simulator.capacity_blocks import CapacityBlockEngine
from simulator.plug import ATTACHED, plug

_SERVICE = "ec2"
# "Amazon EC2 endpoints and quotas": the codes of "Concurrent <family> Capacity Blocks per account", and of its twin
# "per organization" where the page has one.
_PER_ACCOUNT = {
    "p4d": "L-2C8F52B3",
    "p4de": "L-CFF3E941",
    "p5": "L-DA6814F2",
    "p5e": "L-C45F30BC",
    "p5en": "L-4F9BB70B",
    "p6-b200": "L-8B23CEF3",
    "p6-b300": "L-9C38E5AB",
    "p6e-gb200": "L-FCF0179E",
    "trn1": "L-2E30FD7D",
    "trn2": "L-64569A79",
}
_PER_ORGANIZATION = {
    "p4d": "L-B67430DE",
    "p5": "L-8131B2C6",
    "p5e": "L-AD1D1866",
    "p5en": "L-7EA86503",
    "trn1": "L-C4947F9A",
    "trn2": "L-24E8B4C0",
}
_PAGE = 100  # botocore, ListServiceQuotasRequest.MaxResults


class NoSuchQuotaError(JsonRESTError):
    """Service Quotas knows no such service or quota."""

    def __init__(self, code: str) -> None:
        super().__init__("NoSuchResourceException", f"The request failed because the specified {code} does not exist.")


def install() -> None:
    """Answer for EC2 where attached, as often as you like. Other services are not played there."""
    calls = {"get_service_quota": _get, "list_service_quotas": _list}
    plug(ServiceQuotasResponse, lambda response: getattr(response.backend, ATTACHED, None), calls, _parameters)


def attach(engine: CapacityBlockEngine) -> None:
    """Let a Region's quotas be those of its engine: a value that a story sets is shown and applied at once."""
    setattr(servicequotas_backends[DEFAULT_ACCOUNT_ID][engine.region], ATTACHED, engine)


def _parameters(response: Any) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(response.body)
    return asked


def _get(engine: CapacityBlockEngine, asked: Mapping[str, Any]) -> dict[str, object]:
    code = asked["QuotaCode"]
    for quota in _quotas(engine, asked["ServiceCode"]):
        if quota["QuotaCode"] == code:
            return {"Quota": quota}
    raise NoSuchQuotaError(code)


def _list(engine: CapacityBlockEngine, asked: Mapping[str, Any]) -> dict[str, object]:
    first, size = int(asked.get("NextToken", 0)), asked.get("MaxResults", _PAGE)
    found = list(_quotas(engine, asked["ServiceCode"]))
    rest = {"NextToken": str(first + size)} if first + size < len(found) else {}
    return {"Quotas": found[first : first + size], **rest}


def _quotas(engine: CapacityBlockEngine, service: str) -> Iterator[dict[str, object]]:
    if service != _SERVICE:
        raise NoSuchQuotaError(service)
    for family, code in _PER_ACCOUNT.items():
        yield _quota(engine, f"Concurrent {_named(family)} Capacity Blocks per account", code, engine.quota(family))
    for family, code in _PER_ORGANIZATION.items():
        # Seen to stay at its default of 0 while purchases go through.
        yield _quota(engine, f"Concurrent {_named(family)} Capacity Blocks per organization", code, 0)


def _quota(engine: CapacityBlockEngine, name: str, code: str, value: int) -> dict[str, object]:
    return {
        "ServiceCode": _SERVICE,
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{engine.region}:{engine.account}:{_SERVICE}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _named(family: str) -> str:
    """Write a family as the page does: P5en, P6-B200."""
    head, _, tail = family.partition("-")
    return f"{head[:1].upper()}{head[1:]}" + (f"-{tail.upper()}" if tail else "")
