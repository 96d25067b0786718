"""The Resource Groups Tagging API, for what moto leaves out of it: EKS node groups."""

from collections.abc import Iterator
from typing import Any

from moto.backends import get_backend
from moto.core.resource_tagging import TaggedResource as Resource
from moto.core.resource_tagging import make_tag_matcher, match_resource_type
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from simulator.plug import ATTACHED

NODE_GROUP = "eks:nodegroup"


def install() -> None:
    """Let GetResources find node groups, with moto's own filters and pages. Harmless when done again."""
    original = ResourceGroupsTaggingAPIBackend._get_resources_generator
    if getattr(original, "plugged", False):
        return

    def resources(
        backend: Any,
        tag_filters: list[dict[str, Any]] | None = None,
        resource_type_filters: list[str] | None = None,
        resource_arn_list: list[str] | None = None,
    ) -> Iterator[Resource]:
        yield from original(backend, tag_filters, resource_type_filters, resource_arn_list)
        if match_resource_type(NODE_GROUP, resource_type_filters):
            matches = make_tag_matcher(tag_filters)
            for resource in _node_groups(backend):
                if matches(resource.tags) and (not resource_arn_list or resource.arn in resource_arn_list):
                    yield resource

    resources.plugged = True  # type: ignore[attr-defined]  # the mark by which a second installation knows the first
    ResourceGroupsTaggingAPIBackend._get_resources_generator = resources


def _node_groups(backend: Any) -> Iterator[Resource]:
    """GetResources returns what is tagged, or was; what never had a tag is left out."""
    node_groups = getattr(get_backend("eks")[backend.account_id][backend.region_name], ATTACHED, None)
    for node_group in node_groups.all() if node_groups is not None else []:
        if node_group.tags:
            yield Resource(node_group.arn, dict(node_group.tags), NODE_GROUP)
