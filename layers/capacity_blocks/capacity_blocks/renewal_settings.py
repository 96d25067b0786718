"""Everything that reminders and renewal read from their environment, beside what purchases do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from capacity_blocks.settings import names_what_is_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalFunctions:
    """The workflows that a renewal without a question starts."""

    extension_state_machine: str
    purchase_state_machine: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        with names_what_is_missing():
            return cls(
                extension_state_machine=env["EXTENSION_STATE_MACHINE"],
                purchase_state_machine=env["PURCHASE_STATE_MACHINE"],
            )
