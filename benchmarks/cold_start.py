"""How long functions take to be ready whose start counts, against the least that their clients take."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 15
SERVICES = ("ec2", "resourcegroupstaggingapi", "autoscaling", "eks", "dynamodb", "sns", "ssm", "scheduler")
ENVIRONMENT = {
    "AWS_REGION": "us-east-2",
    "AWS_DEFAULT_REGION": "us-east-2",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "TOPIC_ARN": "arn:aws:sns:us-east-2:123456789012:topic",
    "LEDGER_TABLE": "ledger",
    "OBSERVE_ONLY": "false",
    "REGIONS": "",
    "DRAIN_LEAD_MINUTES": "40",
    "ULTRASERVER_DRAIN_LEAD_MINUTES": "70",
    "VERIFY_WITHIN_MINUTES": "15",
    "POOL_SETTINGS_PATH": "/capacity-blocks/pools",
    "SCHEDULE_GROUP": "group",
    "SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/schedule",
    "SCHEDULE_DEAD_LETTERS_ARN": "arn:aws:sqs:us-east-2:123456789012:dead-letters",
    "PYTHONPATH": f"{ROOT / 'layers' / 'capacity_blocks'}:{ROOT}",
}
SLACK_SERVICES = ("secretsmanager", "lambda")
SLACK_ENVIRONMENT = {
    "SLACK_SIGNING_SECRET_ARN": "arn:aws:secretsmanager:us-east-2:123456789012:secret:slack",
    "DECIDE_IN_SLACK_FUNCTION": "decide-in-slack",
}
# What a first invocation does up to its first API call.
RECONCILE = """
import os
from functions.reconcile import app
from capacity_blocks.bootstrap import reconcile
from capacity_blocks.settings import Settings
reconcile.watch(
    Settings.from_env(os.environ), "arn:aws:lambda:us-east-2:123456789012:function:f", "run", dry_run=False
)
"""
RECEIVE_SLACK = """
import os
from functions.receive_slack import app
from capacity_blocks.bootstrap import receive_slack
from capacity_blocks.click_settings import ReceiveSettings
receive_slack.receiver(ReceiveSettings.from_env(os.environ))
"""


def main() -> None:
    """Process start to the last client of a first run, as a ratio to boto3 and the same clients."""
    _compare("reconcile", RECONCILE, SERVICES, 1.15)
    _compare("receive_slack", RECEIVE_SLACK, SLACK_SERVICES, 1.25)  # most of it is what any function loads


def _compare(name: str, function: str, services: tuple[str, ...], bar: float) -> None:
    clients = f"import boto3\nfor service in {services!r}:\n    boto3.client(service)\n"
    baseline, taken = [], []
    for _ in range(ROUNDS):  # interleaved, so that a noisy machine is as noisy to both
        baseline.append(_seconds(clients))
        taken.append(_seconds(function))
    least, ours = statistics.median(baseline), statistics.median(taken)
    sys.stdout.write(
        f"boto3 and {len(services)} clients: {least * 1000:.0f} ms\n"
        f"{name} function and its clients: {ours * 1000:.0f} ms\n"
        f"ratio: {ours / least:.2f} (bar: {bar}; interleaved medians of {ROUNDS})\n"
    )


def _seconds(code: str) -> float:
    environment = {**ENVIRONMENT, **SLACK_ENVIRONMENT, "PATH": os.environ["PATH"]}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, cwd=ROOT)  # our own code
    return time.perf_counter() - started
