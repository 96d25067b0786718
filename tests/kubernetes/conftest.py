from collections.abc import Iterator

import pytest

from tests.kubernetes.stage import Stage, stage


@pytest.fixture
def on_stage() -> Iterator[Stage]:
    with stage() as made:
        yield made
