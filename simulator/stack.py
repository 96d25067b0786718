"""A deployed stack: resources of the translated template, created in the order in which they need each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from simulator.intrinsics import Intrinsics, TemplateError
from simulator.randomness import component
from simulator.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that exists: what Ref and GetAtt answer for it, and what it was declared with."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


Create = Callable[["Stack", str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]]  # answers Ref and attributes


class Stack:
    """Creates what the template names, once each, and answers for it. A type without a creator is an error."""

    def __init__(self, template: Template, creators: Mapping[str, Create], region: str, name: str, seed: int) -> None:
        self.region = region
        self.name = name
        self._template = template
        self._creators = creators
        self._letters = component(seed, "names")
        self._under_way: list[str] = []
        self.resources: dict[str, Resource] = {}
        pseudo = {
            "AWS::AccountId": DEFAULT_ACCOUNT_ID,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": name,
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{DEFAULT_ACCOUNT_ID}:stack/{name}/simulated",
            "AWS::NotificationARNs": [],
        }
        self._intrinsics = Intrinsics(
            parameters={**template.parameters, **pseudo},
            mappings=template.mappings,
            conditions=template.conditions,
            ref=lambda logical_id: self.need(logical_id).ref,
            attribute=self._attribute,
        )

    def create(self) -> None:
        """Create everything whose condition holds, or raise with the id of what cannot be."""
        for logical_id, declared in self._template.resources.items():
            if "Condition" not in declared or self._intrinsics.holds(declared["Condition"]):
                self.need(logical_id)

    def need(self, logical_id: str) -> Resource:
        """Answer the resource, creating it first, with what it refers to, when it is not there yet."""
        if logical_id not in self.resources:
            self.resources[logical_id] = self._created(logical_id)
        return self.resources[logical_id]

    def outputs(self) -> dict[str, Any]:
        return {name: self._intrinsics.resolve(output["Value"]) for name, output in self._template.outputs.items()}

    def of_type(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.type == kind]

    def physical_name(self, logical_id: str, most: int = 64) -> str:
        """Make up a name as CloudFormation does, from the seed."""
        suffix = "".join(self._letters.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=12))
        return f"{self.name}-{logical_id}"[: most - 13] + f"-{suffix}"

    def _created(self, logical_id: str) -> Resource:
        if logical_id not in self._template.resources:
            raise TemplateError(f"{logical_id} is neither a parameter nor a resource")
        if logical_id in self._under_way:
            raise TemplateError(f"{' -> '.join([*self._under_way, logical_id])}: resources need each other in a circle")
        declared = self._template.resources[logical_id]
        kind = declared["Type"]
        if kind not in self._creators:
            raise TemplateError(f"{logical_id}: the simulator does not know {kind}")
        self._under_way.append(logical_id)
        try:
            for needed in _listed(declared.get("DependsOn", [])):
                self.need(needed)
            properties = self._intrinsics.resolve(declared.get("Properties", {}))
            ref, attributes = self._creators[kind](self, logical_id, properties)
        finally:
            self._under_way.pop()
        return Resource(logical_id=logical_id, type=kind, properties=properties, ref=ref, attributes=attributes)

    def _attribute(self, logical_id: str, name: str) -> Any:
        resource = self.need(logical_id)
        if name not in resource.attributes:
            raise TemplateError(f"{logical_id}: the simulator knows no attribute {name} of {resource.type}")
        return resource.attributes[name]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
