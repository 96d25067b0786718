"""The SAM template, translated offline into the CloudFormation resources that a deployment would create."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from simulator.intrinsics import TemplateError

_LOCAL = "s3://local/"  # stands for the bucket that `sam package` would upload to; the key is a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A translated template: nothing is resolved yet but what the SAM translator resolves itself."""

    resources: Mapping[str, dict[str, Any]]
    outputs: Mapping[str, dict[str, Any]]
    conditions: Mapping[str, Any]
    mappings: Mapping[str, Any]
    parameters: Mapping[str, Any]


class _NoManagedPolicies:
    """Stands for the translator's loader of AWS's managed policies, which would ask IAM."""

    def load(self) -> dict[str, str]:
        return {}


def load(path: Path, parameters: Mapping[str, str], region: str) -> Template:
    """Translate the template at `path` as it would be packaged and deployed from there with `parameters`."""
    text = _translated(path.resolve(), path.stat().st_mtime_ns, tuple(sorted(parameters.items())), region)
    document = json.loads(text)
    return Template(
        resources=document["Resources"],
        outputs=document.get("Outputs", {}),
        conditions=document.get("Conditions", {}),
        mappings=document.get("Mappings", {}),
        parameters=_parameter_values(document.get("Parameters", {}), parameters),
    )


@lru_cache(maxsize=32)
def _translated(path: Path, _modified: int, parameters: tuple[tuple[str, str], ...], region: str) -> str:
    document = yaml_parse(path.read_text())
    _package(document, path.parent)
    values = _parameter_values(document.get("Parameters", {}), dict(parameters))
    # The translator asks a boto3 session for the region, and so the environment.
    with mock.patch.dict("os.environ", AWS_DEFAULT_REGION=region):
        translated = transform(document, values, _NoManagedPolicies())
    return json.dumps(translated)


def _package(document: dict[str, Any], folder: Path) -> None:
    """Do what `sam package` does to local paths, without a bucket: the key of each object is the path itself."""
    document["Transform"] = "AWS::Serverless-2016-10-31"
    shared = document.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for logical_id, resource in document["Resources"].items():
        properties = resource.setdefault("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                properties["CodeUri"] = _local(folder, properties.get("CodeUri", shared), logical_id)
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = _local(folder, properties.get("ContentUri"), logical_id)
            case "AWS::Serverless::StateMachine" if "DefinitionUri" in properties:
                definition = folder / properties.pop("DefinitionUri")
                properties["Definition"] = yaml.safe_load(definition.read_text())
            case _:
                pass


def _local(folder: Path, uri: Any, logical_id: str) -> str:
    if not isinstance(uri, str) or not (folder / uri).is_dir():
        raise TemplateError(f"{logical_id}: {uri!r} is not a folder beside the template")
    return f"{_LOCAL}{(folder / uri).resolve().relative_to('/')}"


def local_path(code: Mapping[str, str]) -> Path:
    """Say which folder holds the code that a translated function or layer names."""
    return Path("/") / code["S3Key"]


def _parameter_values(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise TemplateError(f"the template has no parameter {', '.join(unknown)}")
    values = {}
    for name, parameter in declared.items():
        if name not in given and "Default" not in parameter:
            raise TemplateError(f"parameter {name} has no default and no value is given")
        values[name] = _value(name, parameter, given.get(name, copy.copy(parameter.get("Default"))))
    return values


def _value(name: str, parameter: Mapping[str, Any], value: Any) -> Any:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    allowed = [str(one) for one in parameter.get("AllowedValues", [])]
    if allowed and text not in allowed:
        raise TemplateError(f"parameter {name} is {text!r}, allowed are {', '.join(allowed)}")
    if parameter["Type"] in {"CommaDelimitedList", "List<Number>"} or parameter["Type"].startswith("List<AWS::"):
        return [one.strip() for one in text.split(",")]
    return text
