"""Where a drain says what happens, line by line, while it happens."""

from typing import Protocol


class Log(Protocol):
    def __call__(self, message: str, **fields: object) -> None: ...
