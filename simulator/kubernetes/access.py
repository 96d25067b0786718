"""Who may do what: EKS access entries, and Kubernetes RBAC read from the manifests that users apply."""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

from simulator.kubernetes.status import RefusedError

PREFIX = "k8s-aws-v1."
TOKEN_LIFE = timedelta(minutes=15)  # maxTokenPeriod in aws-iam-authenticator
ISO_BASIC = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What a request does, as RBAC counts it; a subresource is written `pods/eviction`."""

    name: str
    resource: str
    group: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    name: str
    groups: tuple[str, ...]


@dataclass(slots=True)
class Access:
    """`entries` are the access entries, by access key id; `manifests` are what was applied to the cluster."""

    entries: Mapping[str, User]
    manifests: Iterable[Mapping[str, Any]]
    _roles: dict[str, list[Mapping[str, Any]]] = field(init=False)
    _bound: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        found = list(self.manifests)
        self._roles = {each["metadata"]["name"]: each["rules"] for each in found if each["kind"] == "ClusterRole"}
        self._bound = {}
        for binding in (each for each in found if each["kind"] == "ClusterRoleBinding"):
            for subject in binding["subjects"]:
                self._bound.setdefault(subject["name"], []).append(binding["roleRef"]["name"])

    def user(self, authorization: str, now: datetime) -> User:
        """Read an EKS token as the authenticator does; that STS finds the signature true is taken for granted."""
        token = authorization.removeprefix("Bearer ")
        if not authorization.startswith("Bearer ") or not token.startswith(PREFIX):
            raise unauthorized()
        text = token.removeprefix(PREFIX)
        link = urlparse(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        query = {key: values[0] for key, values in parse_qs(link.query).items()}
        signed_at = datetime.strptime(query["X-Amz-Date"], ISO_BASIC).replace(tzinfo=UTC)
        entry = self.entries.get(query["X-Amz-Credential"].split("/")[0])
        is_sts = (link.scheme, query["Action"]) == ("https", "GetCallerIdentity") and (link.hostname or "")[
            :4
        ] == "sts."
        names_cluster = "x-k8s-aws-id" in query["X-Amz-SignedHeaders"].split(";")
        if entry is None or not is_sts or not names_cluster or not signed_at <= now <= signed_at + TOKEN_LIFE:
            raise unauthorized()
        return entry

    def check(self, user: User, verb: Verb) -> None:
        if not any(_grants(rule, verb) for rule in self._rules(user)):
            where = f'in the namespace "{verb.namespace}"' if verb.namespace else "at the cluster scope"
            message = (
                f'{verb.resource.split("/")[0]} is forbidden: User "{user.name}" cannot {verb.name} resource '
                f'"{verb.resource}" in API group "{verb.group}" {where}'
            )
            raise RefusedError(403, "Forbidden", message, details={"kind": verb.resource.split("/")[0]})

    def _rules(self, user: User) -> Iterable[Mapping[str, Any]]:
        names = [role for subject in (user.name, *user.groups) for role in self._bound.get(subject, ())]
        return (rule for name in names for rule in self._roles.get(name, ()))


def unauthorized() -> RefusedError:
    return RefusedError(401, "Unauthorized", "Unauthorized")


def _grants(rule: Mapping[str, Any], verb: Verb) -> bool:
    asked = {"apiGroups": verb.group, "resources": verb.resource, "verbs": verb.name}
    return all(value in rule[key] or "*" in rule[key] for key, value in asked.items())
