"""How the work on a target is asked to save itself before its drain."""

import re
from dataclasses import dataclass
from typing import Any

# SendCommandRequest$DocumentName takes a name or an ARN (botocore: DocumentARN). The patterns stand in
# docs/pool-settings.schema.json too.
SSM_DOCUMENT = r"^[a-zA-Z0-9_.:/-]{3,128}$(?!\n)"
WEBHOOK = r"^https://[!-~]{1,1000}$(?!\n)"
ALLOWED = 'an object with one of "ssm_document", the name or ARN of a document, and "webhook", an https URL'


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocument:
    """Run an SSM document on each instance."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWebhook:
    """Call a URL once for all of them."""

    url: str


Checkpoint = RunDocument | CallWebhook


class CheckpointError(ValueError):
    """What was asked for is none."""


def parse(value: Any) -> Checkpoint:
    """Read what a pool's settings ask for; raise CheckpointError, which says what is allowed."""
    if isinstance(value, dict):
        match list(value.items()):
            case [("ssm_document", str(name))] if re.search(SSM_DOCUMENT, name):
                return RunDocument(name=name)
            case [("webhook", str(url))] if re.search(WEBHOOK, url):
                return CallWebhook(url=url)
    raise CheckpointError(ALLOWED)
