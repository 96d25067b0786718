"""From the resources of a stack to functions that can run: code, layers, environment, retries, dead letters."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from simulator.function_url import PUBLIC, FunctionUrl
from simulator.invocation import AsyncPolicy, Function
from simulator.stack import Resource, Stack
from simulator.template import local_path

# "Defined runtime environment variables", as far as code could look at them here.
_RUNTIME = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    # What moto takes for credentials; a real environment has those of the function's role.
    "AWS_ACCESS_KEY_ID": "FOOBARKEY",
    "AWS_SECRET_ACCESS_KEY": "FOOBARSECRET",
}


def functions(stack: Stack) -> Iterator[Function]:
    layers = {layer.ref: _layer_root(layer) for layer in stack.of_type("AWS::Lambda::LayerVersion")}
    for resource in stack.of_type("AWS::Lambda::Function"):
        declared = resource.properties
        reserved = declared.get("ReservedConcurrentExecutions")
        yield Function(
            logical_id=resource.logical_id,
            name=resource.ref,
            arn=resource.attributes["Arn"],
            region=stack.region,
            code=local_path(declared["Code"]),
            layers=tuple(layers[arn] for arn in declared.get("Layers", [])),
            handler=declared["Handler"],
            environment=_environment(resource, stack.region),
            timeout=timedelta(seconds=int(declared.get("Timeout", 3))),
            memory=int(declared.get("MemorySize", 128)),
            role=declared["Role"],
            reserved_concurrency=None if reserved is None else int(reserved),
            dead_letters=declared.get("DeadLetterConfig", {}).get("TargetArn"),
        )


def policies(stack: Stack) -> Iterator[tuple[str, AsyncPolicy]]:
    """Say what happens to the events of each function that declares it."""
    for resource in stack.of_type("AWS::Lambda::EventInvokeConfig"):
        declared = resource.properties
        destinations = declared.get("DestinationConfig", {})
        yield (
            declared["FunctionName"],
            AsyncPolicy(
                retries=int(declared.get("MaximumRetryAttempts", 2)),
                max_age=timedelta(seconds=int(declared.get("MaximumEventAgeInSeconds", 6 * 3600))),
                on_failure=destinations.get("OnFailure", {}).get("Destination"),
                on_success=destinations.get("OnSuccess", {}).get("Destination"),
            ),
        )


def urls(stack: Stack) -> Iterator[FunctionUrl]:
    for resource in stack.of_type("AWS::Lambda::Url"):
        arn = resource.attributes["FunctionArn"]
        yield FunctionUrl(
            function_arn=arn,
            url=resource.attributes["FunctionUrl"],
            auth_type=resource.properties["AuthType"],
            is_public=set(_permitted_to_everybody(stack, arn)) == PUBLIC,
        )


def _permitted_to_everybody(stack: Stack, function_arn: str) -> Iterator[tuple[str, str]]:
    """Yield each action of a function that everybody may, with the condition under which."""
    for permission in stack.of_type("AWS::Lambda::Permission"):
        declared = permission.properties
        if declared["Principal"] == "*" and function_arn.endswith(f":{declared['FunctionName']}"):
            if declared.get("FunctionUrlAuthType") == "NONE":
                yield declared["Action"], "FunctionUrlAuthType"
            if declared.get("InvokedViaFunctionUrl"):
                yield declared["Action"], "InvokedViaFunctionUrl"


def _layer_root(layer: Resource) -> Path:
    """Find where a layer's modules are: a built one has them under python/, a source folder beside its Makefile."""
    path = local_path({"S3Key": layer.properties["Content"]["S3Key"]})
    return path / "python" if (path / "python").is_dir() else path


def _environment(resource: Resource, region: str) -> Mapping[str, str]:
    declared = resource.properties
    variables: Mapping[str, Any] = declared.get("Environment", {}).get("Variables", {})
    group = declared.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{resource.ref}")
    return {
        **_RUNTIME,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": resource.ref,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(declared.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{resource.logical_id}/[$LATEST]simulated",
        "_HANDLER": declared["Handler"],
        **{name: _text(value) for name, value in variables.items()},
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
