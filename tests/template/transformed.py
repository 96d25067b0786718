"""Print the template as CloudFormation gets it: a linter finds there what SAM's short forms hide."""

import json
import sys

from tests.template.stack import deployed, written


def document() -> dict[str, object]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Metadata": written()["Metadata"],
        "Parameters": written()["Parameters"],
        "Mappings": deployed().mappings,
        "Conditions": deployed().conditions,
        "Resources": deployed().resources,
        "Outputs": deployed().outputs,
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
