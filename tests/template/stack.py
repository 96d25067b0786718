"""The template as it would be deployed, and questions that several tests ask about it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from simulator.intrinsics import Intrinsics
from simulator.template import Template, load

ROOT = Path(__file__).parents[2]
PATH = ROOT / "template.yaml"
# What is not there unless it is asked for is looked at as well.
SLACK = {
    "SlackSigningSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack/signing-AbCdEf",
    "SlackSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack/token-AbCdEf",
    "SlackChannel": "C012AB3CD",
    "AmazonQ": "true",
}


@cache
def deployed(purchases: str = "false", subnets: str = "") -> Template:
    """Return the translated template with Slack, and all else at its default but for EnablePurchases and subnets."""
    return load(PATH, {"EnablePurchases": purchases, "DrainSubnetIds": subnets, **SLACK}, "us-east-1")


@cache
def without_slack() -> frozenset[str]:
    """Return the logical ids of what there is where nobody has named a secret of Slack's."""
    template = load(PATH, {}, "us-east-1")
    return frozenset(name for name, each in template.resources.items() if _is_there(template, each))


@cache
def written() -> Mapping[str, Any]:
    """Return the template as it stands in the file."""
    document: Mapping[str, Any] = yaml_parse(PATH.read_text())
    return document


def of_type(resource_type: str, purchases: str = "false", subnets: str = "") -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type that are deployed, by logical id."""
    template = deployed(purchases, subnets)
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in template.resources.items()
        if resource["Type"] == resource_type and _is_there(template, resource)
    }


def _is_there(template: Template, resource: Mapping[str, Any]) -> bool:
    return "Condition" not in resource or _holds(template, resource["Condition"])


def _holds(template: Template, condition: str) -> bool:
    def unknown(*name: str) -> str:
        raise AssertionError(f"condition {condition} asks for {name}")

    intrinsics = Intrinsics(
        parameters=template.parameters,
        mappings=template.mappings,
        conditions=template.conditions,
        ref=unknown,
        attribute=unknown,
    )
    return intrinsics.holds(condition)


def target_of(reference: object) -> str | None:
    """Say which resource a Ref or a GetAtt names."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.partition(".")[0]
        case _:
            return None


def environment(function: str) -> dict[str, str]:
    """Return what the template puts into a function's environment, with every parameter at its default."""
    variables = of_type("AWS::Lambda::Function")[function]["Environment"]["Variables"]
    return {name: _variable(value) for name, value in variables.items()}


def _variable(value: object) -> str:
    parameters = deployed().parameters
    match value:
        case str():
            return value
        case {"Fn::Join": [str(between), {"Ref": str(name)}]}:
            return between.join(parameters[name])
        case {"Ref": str(name)} if name in parameters:
            return str(parameters[name])
        case {"Fn::If": [str(condition), yes, no]}:
            return _variable(yes if _holds(deployed(), condition) else no)
        case {"Fn::FindInMap": [str(name), str(top), str(second)]}:
            return str(deployed().mappings[name][top][second])
        case _:  # a resource: its own words where it is created, a made-up ARN here
            return f"arn:aws:one:us-east-1:123456789012:{target_of(value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of an identity policy, with its lists made lists and its variables made values."""

    role: str
    policy: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    def __str__(self) -> str:
        return f"{self.role}-{self.sid}"

    @property
    def condition_keys(self) -> frozenset[str]:
        return frozenset(key for operator in self.conditions.values() for key in operator)


def statements(purchases: str = "false", subnets: str = "") -> Iterator[Statement]:
    """Return every statement of every role, and of every managed policy under the policy's own name."""
    managed = of_type("AWS::IAM::ManagedPolicy", purchases, subnets)
    for logical_id, policy in managed.items():
        yield from _statements(logical_id, {"PolicyName": logical_id, **policy})
    for role, properties in of_type("AWS::IAM::Role", purchases, subnets).items():
        for policy in properties.get("Policies", []):
            yield from _statements(role, policy)
        for name in managed_policies(properties, subnets):
            yield from _statements(role, {"PolicyName": name, **managed[name]})
    for properties in of_type("AWS::IAM::RolePolicy", purchases, subnets).values():
        yield from _statements(str(target_of(properties["RoleName"])), properties)


def managed_policies(role: Mapping[str, Any], subnets: str = "") -> Iterator[str]:
    """Return the managed policies of a role, with conditions decided."""
    for entry in role.get("ManagedPolicyArns", []):
        match entry:
            case {"Fn::If": [str(condition), yes, no]}:
                chosen = yes if _holds(deployed(subnets=subnets), condition) else no
            case chosen:
                pass
        if chosen != {"Ref": "AWS::NoValue"}:
            yield str(target_of(chosen))


def _statements(role: str, policy: Mapping[str, Any]) -> Iterator[Statement]:
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow", f"{role}: {statement['Sid']}"
        yield Statement(
            role=role,
            policy=policy["PolicyName"],
            sid=statement["Sid"],
            actions=tuple(_list(statement["Action"])),
            resources=tuple(_text(one) for entry in _list(statement["Resource"]) for one in _list(_value(entry))),
            conditions=statement.get("Condition", {}),
        )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(value: Any) -> Any:
    return deployed().parameters.get(target_of(value) or "", value)


def _text(resource: Any) -> str:
    match resource:
        case str():
            return resource
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            return re.sub(r"\$\{[^}]*\}", "*", text)
        case _:
            return f"one:{target_of(resource)}"
