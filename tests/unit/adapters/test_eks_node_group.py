from typing import Any

import pytest
from botocore.stub import Stubber

from capacity_blocks.adapters.eks_node_group import EksNodeGroup
from tests import aws


@pytest.mark.parametrize(
    ("shown", "expected"),
    [({"tags": {"capacity-blocks:pool": "training"}}, {"capacity-blocks:pool": "training"}), ({}, {})],
)
def test_the_tags_of_a_node_group_are_read(shown: dict[str, Any], expected: dict[str, str]) -> None:
    client = aws.client("eks")
    with Stubber(client) as stub:
        stub.add_response("describe_nodegroup", {"nodegroup": shown}, {"clusterName": "ml", "nodegroupName": "gpu"})

        assert EksNodeGroup(client).tags("ml", "gpu") == expected
