"""EKS's refusals."""

from typing import NoReturn

from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException


def refuse(message: str, cluster: str, node_group: str | None = None) -> NoReturn:
    raise InvalidParameterException(clusterName=cluster, nodegroupName=node_group, message=message)


def busy(message: str, cluster: str, node_group: str) -> NoReturn:
    raise ResourceInUseException(clusterName=cluster, nodegroupName=node_group, message=message)


def unknown(message: str, cluster: str | None = None, node_group: str | None = None) -> NoReturn:
    raise ResourceNotFoundException(clusterName=cluster, nodegroupName=node_group, message=message)
