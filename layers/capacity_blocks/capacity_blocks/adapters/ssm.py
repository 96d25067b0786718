"""The settings of pools, one SSM parameter for each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capacity_blocks.adapters.aws_error import raises_aws_error

if TYPE_CHECKING:
    from types_boto3_ssm.client import SSMClient

PAGE_SIZE = 10  # GetParametersByPathMaxResults


class SsmPoolSettings:
    """`path` is the hierarchy that holds them: the parameter `<path>/<pool>` is the pool's."""

    PERMISSIONS = frozenset({"ssm:GetParametersByPath"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "SSMClient", path: str) -> None:
        self._client = client
        self._path = f"{path.rstrip('/')}/"

    @raises_aws_error
    def texts(self) -> Mapping[str, str]:
        pages = self._client.get_paginator("get_parameters_by_path").paginate(
            Path=self._path, PaginationConfig={"PageSize": PAGE_SIZE}
        )
        return {item["Name"].removeprefix(self._path): item["Value"] for page in pages for item in page["Parameters"]}
