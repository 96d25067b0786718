"""Where a person can look at a workflow: links to the console of the partition it runs in."""

from capacity_blocks.core.purchase import canonical

# Every partition has its own console, and its regions their own hosts under it.
CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def execution_link(execution_arn: str) -> str:
    """Return the console's page of an execution; the text itself where it is no ARN of a partition with a known one."""
    home = _home(execution_arn, "states")
    return f"{home}#/v2/executions/details/{execution_arn}" if home else execution_arn


def function_link(name: str, execution_arn: str) -> str:
    """Return the page on which a function of the execution's stack is given a test event; its name if unknown."""
    home = _home(execution_arn, "lambda")
    return f"{home}#/functions/{name}?tab=testing" if home else name


def region_of(execution_arn: str) -> str:
    """Return the region of the stack; empty where the ARN names none."""
    parts = execution_arn.split(":")
    return parts[3] if len(parts) > 3 else ""


def mark(execution_arn: str) -> str:
    """Shorten an execution to what belongs in a key."""
    return canonical.digest({"execution": execution_arn})[:12]


def _home(arn: str, console: str) -> str | None:
    partition, region = [*arn.split(":"), "", ""][1], region_of(arn)
    host = CONSOLES.get(partition)
    return f"https://{region}.{host}/{console}/home?region={region}" if host and region else None
