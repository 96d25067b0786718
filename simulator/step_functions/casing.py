"""Names as the States Language writes them: with a capital letter, however the service's own API has them."""

from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from moto.core.utils import get_service_model


def parameters(
    service: Any, parameters: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    """Give the parameters of a task the names of the API, in place."""
    operation = _operation(service, boto_service_name, service_action_name)
    _rename(parameters, operation.input_shape, to_api=True)


def response(
    service: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    """Give the answer of a task the names that a workflow sees, in place."""
    operation = _operation(service, boto_service_name, service_action_name)
    _rename(response, operation.output_shape, to_api=False)


def _rename(value: Any, shape: Shape | None, *, to_api: bool) -> None:
    match shape, value:
        case StructureShape(), dict():
            members = {member.lower(): member for member in shape.members}
            for name, each in list(value.items()):
                member = members.get(name.lower())
                if member is not None:
                    _rename(each, shape.members[member], to_api=to_api)
                    value[member if to_api else member[:1].upper() + member[1:]] = value.pop(name)
        case ListShape(), list():
            for each in value:
                _rename(each, shape.member, to_api=to_api)
        case MapShape(), dict():
            for each in value.values():
                _rename(each, shape.value, to_api=to_api)
        case _:
            pass


def _operation(service: Any, boto_service_name: str | None, service_action_name: str | None) -> OperationModel:
    name = service._get_boto_service_name(boto_service_name)
    return _model(name, service._get_boto_service_action(service_action_name))


@cache
def _model(service: str, action: str) -> OperationModel:
    model = get_service_model(service)
    for name in model.operation_names:
        if xform_name(name) == action:
            found: OperationModel = model.operation_model(name)
            return found
    raise LookupError(f"{service} has no operation {action}")
