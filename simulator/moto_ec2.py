"""The Capacity Block engine behind moto's EC2: a thin adapter that parses and decides nothing."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2 import utils as moto_utils
from moto.ec2.exceptions import DryRunClientError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.ec2.responses.tags import TagResponse

from simulator.capacity_blocks import CapacityBlockEngine, CapacityBlockError

OPERATIONS = (
    "CancelCapacityReservation",
    "CreateCapacityReservationBySplitting",
    "DescribeCapacityBlockExtensionHistory",
    "DescribeCapacityBlockExtensionOfferings",
    "DescribeCapacityBlockOfferings",
    "DescribeCapacityBlocks",
    "DescribeCapacityBlockStatus",
    "DescribeCapacityReservations",
    "GetCapacityReservationUsage",
    "ModifyCapacityReservation",
    "MoveCapacityReservationInstances",
    "PurchaseCapacityBlock",
    "PurchaseCapacityBlockExtension",
)

_PREFIXES = {"capacity-reservation": "cr", "capacity-block": "cb"}
_ATTRIBUTE = "capacity_block_engine"


def install() -> None:
    """Teach moto the operations, as often as you like; whose blocks they show is said by `bind`."""
    for operation in OPERATIONS:
        setattr(EC2Response, _method_name(operation), _answer(operation))
    EC2Response.create_tags = _tagging(TagResponse.create_tags, _create_tags)
    EC2Response.delete_tags = _tagging(TagResponse.delete_tags, _delete_tags)
    # Without these moto takes the ids for misspelt ones, in CreateTags and in the resource types of DescribeTags.
    moto_utils.EC2_RESOURCE_TO_PREFIX.update(_PREFIXES)
    moto_utils.EC2_PREFIX_TO_RESOURCE.update({prefix: kind for kind, prefix in _PREFIXES.items()})


def bind(backend: EC2Backend, engine: CapacityBlockEngine) -> None:
    """Let an account's Region show the blocks of this engine. moto's own reset of the backend drops it again."""
    if (backend.account_id, backend.region_name) != (engine.account, engine.region):
        raise ValueError(f"{engine.account} in {engine.region} cannot be shown in {backend.region_name}")
    setattr(backend, _ATTRIBUTE, engine)
    engine.on_tags(partial(_mirror_tags, backend))


def engine_of(backend: EC2Backend) -> CapacityBlockEngine:
    engine: CapacityBlockEngine | None = getattr(backend, _ATTRIBUTE, None)
    if engine is None:
        raise LookupError(f"no Capacity Block engine is bound to {backend.region_name} of {backend.account_id}")
    return engine


def _method_name(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def _answer(operation: str) -> Callable[[EC2Response], ActionResult]:
    def method(self: EC2Response) -> ActionResult:
        engine = engine_of(self.ec2_backend)
        return ActionResult(_refusing(lambda: engine.call(operation, **self.params)))

    return method


def _refusing(act: Callable[[], Any]) -> Any:
    """Turn the engine's refusals into moto's, which know how EC2 sends an error."""
    try:
        return act()
    except CapacityBlockError as error:
        if error.code == DryRunClientError.code:
            raise DryRunClientError from error
        raise EC2ClientError(error.code, error.message) from error


def _tagging(
    of_moto: Callable[[EC2Response], ActionResult],
    of_engine: Callable[[CapacityBlockEngine, list[str], list[Mapping[str, str]]], None],
) -> Callable[[EC2Response], ActionResult]:
    """Tag blocks and reservations in the engine, everything else in moto; one request may name both."""

    def method(self: EC2Response) -> ActionResult:
        resources = self._get_param("Resources", [])
        ours = [each for each in resources if each.startswith(tuple(f"{one}-" for one in _PREFIXES.values()))]
        if not ours:
            return of_moto(self)
        self.error_on_dryrun()
        engine = engine_of(self.ec2_backend)
        tags = self._get_param("Tags", [])
        theirs = [each for each in resources if each not in ours]
        _refusing(lambda: of_engine(engine, ours, tags))
        if not theirs:
            return EmptyResult()
        self.params["Resources"] = theirs
        return of_moto(self)

    return method


def _create_tags(engine: CapacityBlockEngine, resources: list[str], tags: list[Mapping[str, str]]) -> None:
    engine.create_tags(resources, {each["Key"]: each.get("Value", "") for each in tags})


def _delete_tags(engine: CapacityBlockEngine, resources: list[str], tags: list[Mapping[str, str]]) -> None:
    """Without a list of tags, all that the user has set go (botocore, DeleteTagsRequest.Tags)."""
    engine.delete_tags(resources, {each["Key"]: each.get("Value") for each in tags} if tags else None)


def _mirror_tags(backend: EC2Backend, resource_id: str, tags: Mapping[str, str]) -> None:
    """Keep moto's copy, which answers DescribeTags."""
    backend.tags[resource_id] = dict(tags)
