"""Whether money may be spent, as two SSM parameters say."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_ssm.client import SSMClient

SPENDING = {"on": True, "off": False}
KILL_SWITCH = {"pulled": True, "released": False}


class SsmSwitches:
    """Each is read when it is asked for and never remembered: a switch counts from the moment it is thrown."""

    PERMISSIONS = frozenset({"ssm:GetParameter"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SSMClient", *, spending_parameter: str, kill_switch_parameter: str) -> None:
        self._client = client
        self._spending_parameter = spending_parameter
        self._kill_switch_parameter = kill_switch_parameter

    def spending(self) -> bool | None:
        return self._read(self._spending_parameter, SPENDING)

    def killed(self) -> bool | None:
        return self._read(self._kill_switch_parameter, KILL_SWITCH)

    def _read(self, parameter: str, positions: Mapping[str, bool]) -> bool | None:
        """Return the position, None for any other word, a parameter that is not there or one that cannot be read.

        Not raised, since a switch that nobody can read is an answer: nothing is bought.
        """
        try:
            value = self._client.get_parameter(Name=parameter)["Parameter"]["Value"]
        except (ClientError, BotoCoreError):
            return None
        return positions.get(value)
