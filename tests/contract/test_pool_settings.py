"""The fake settings and those in SSM keep the same promises."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from capacity_blocks.adapters.ssm import SsmPoolSettings
from capacity_blocks.ports import PoolSettings
from tests import aws
from tests.fakes import FakePoolSettings

Given = Callable[[Mapping[str, str]], PoolSettings]


@pytest.fixture(params=["fake", "ssm"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    """Return settings that hold what a test gives."""
    if request.param == "fake":
        yield lambda texts: FakePoolSettings(held=dict(texts))
        return
    with aws.moto():
        client = aws.client("ssm")

        def held(texts: Mapping[str, str]) -> PoolSettings:
            for pool, text in texts.items():
                client.put_parameter(Name=f"/capacity-blocks/pools/{pool}", Value=text, Type="String")
            return SsmPoolSettings(client, "/capacity-blocks/pools")

        yield held


def test_there_are_no_settings_at_first(given: Given) -> None:
    assert given({}).texts() == {}


def test_each_pool_has_its_text(given: Given) -> None:
    texts = {"training": '{"scale_out": false}', "inference": "not JSON"}

    assert given(texts).texts() == texts


def test_every_page_is_read(given: Given) -> None:
    texts = {f"pool-{n}": "{}" for n in range(11)}

    assert given(texts).texts() == texts
