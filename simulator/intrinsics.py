"""CloudFormation's intrinsic functions, resolved as CloudFormation would resolve them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


class TemplateError(ValueError):
    """The template says something that CloudFormation would refuse, or that the simulator does not know."""


class _NoValue:
    """What `AWS::NoValue` leaves: the property is as if it had not been written."""


NO_VALUE = _NoValue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intrinsics:
    """Resolves values. `ref` and `attribute` answer for resources, whose names only they can know."""

    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    ref: Callable[[str], Any]
    attribute: Callable[[str, str], Any]

    def resolve(self, value: Any) -> Any:
        match value:
            case dict():
                return self._mapping(value)
            case list():
                return [one for one in map(self.resolve, value) if one is not NO_VALUE]
            case _:
                return value

    def holds(self, condition: str) -> bool:
        try:
            return self._truth(self.conditions[condition])
        except KeyError:
            raise TemplateError(f"condition {condition} is not declared") from None

    def _mapping(self, value: dict[str, Any]) -> Any:
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str) and argument in self.conditions:
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._function(name, argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not NO_VALUE}

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Fn::If", [str(condition), then, otherwise]:
                return self.resolve(then if self.holds(condition) else otherwise)
            case "Fn::GetAtt", [str(logical_id), attribute]:
                return self.attribute(logical_id, self.resolve(attribute))
            case "Fn::GetAtt", str(path):
                return self.attribute(*path.split(".", 1))
            case "Fn::Sub", _:
                return self._sub(argument)
            case (("Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or"), _):
                return self._truth({name: argument})
            case _:
                return self._plain(name, self.resolve(argument))

    def _plain(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Fn::Join", [str(delimiter), list(values)]:
                return delimiter.join(_text(one) for one in values)
            case "Fn::Select", [index, list(values)]:
                return values[int(index)]
            case "Fn::Split", [str(delimiter), str(text)]:
                return text.split(delimiter)
            case "Fn::FindInMap", [name_of_map, top, second]:
                return self.mappings[name_of_map][top][second]
            case "Fn::ToJsonString", _:
                return json.dumps(argument, separators=(",", ":"))
            case "Fn::Length", list(values):
                return len(values)
            case _:
                raise TemplateError(f"{name} with {argument!r} is not known to the simulator")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self.parameters[name] if name in self.parameters else self.ref(name)

    def _sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        variables = {key: self.resolve(one) for key, one in given.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:  # ${!Name} stands for the text ${Name}
                return f"${{{name}}}"
            if name in variables:
                return _text(variables[name])
            return _text(self.attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(replace, text)

    def _truth(self, value: Any) -> bool:
        match value:
            case {"Fn::Equals": [left, right]}:
                return _text(self.resolve(left)) == _text(self.resolve(right))
            case {"Fn::Not": [one]}:
                return not self._truth(one)
            case {"Fn::And": list(several)}:
                return all(self._truth(one) for one in several)
            case {"Fn::Or": list(several)}:
                return any(self._truth(one) for one in several)
            case {"Condition": str(name)}:
                return self.holds(name)
            case _:
                raise TemplateError(f"{value!r} is no condition")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
