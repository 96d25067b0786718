from capacity_blocks.adapters.ssm import SsmPoolSettings
from tests import aws


def test_only_what_is_right_below_the_path_is_a_pools() -> None:
    with aws.moto():
        client = aws.client("ssm")
        for name in (
            "/capacity-blocks/pools/training",
            "/capacity-blocks/pools/training/note",
            "/capacity-blocks/pools-of-old/training",
            "/other/pools/web",
        ):
            client.put_parameter(Name=name, Value="{}", Type="String")

        assert SsmPoolSettings(client, "/capacity-blocks/pools").texts() == {"training": "{}"}
        assert SsmPoolSettings(client, "/capacity-blocks/pools/").texts() == {"training": "{}"}
