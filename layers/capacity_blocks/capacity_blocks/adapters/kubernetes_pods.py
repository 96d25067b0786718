"""Pods on a node, and their eviction."""

import re
from collections.abc import Sequence
from datetime import timedelta

from lightkube.models.meta_v1 import DeleteOptions, ObjectMeta, OwnerReference, Preconditions
from lightkube.resources.core_v1 import Pod as PodResource
from lightkube.resources.core_v1 import PodEviction

from capacity_blocks.adapters.kubernetes_connection import KubernetesConnection
from capacity_blocks.core.drain.eviction import Answer, Eviction, Reply
from capacity_blocks.core.drain.pod import DEFAULT_GRACE, Controller, Pod, PodPhase
from capacity_blocks.kubernetes_ports import KubernetesError

MIRROR = "kubernetes.io/config.mirror"  # the annotation of what a kubelet runs from a file
EVERY_NAMESPACE = "*"
PAGE_SIZE = 500
BUDGET = "DisruptionBudget"  # the cause that eviction.go of the API gives
ENDING_NAMESPACE = "NamespaceTerminating"
BUDGET_WORDS = "disruption budget"
BUDGET_NAME = re.compile(rf"{BUDGET_WORDS} (\S+)")
OTHER_UID = re.compile(r"\bUID\b")  # "the UID in the precondition (…) does not match the UID in record (…)"
FAILURE = "Failure"


class _Eviction(PodEviction):
    """An eviction, with room for what is answered to it: not an eviction but a Status."""

    status: str | None = None
    message: str | None = None
    code: int | None = None


class KubernetesPods:
    # What RBAC must grant, as resource and verb.
    VERBS = frozenset({("pods", "list"), ("pods/eviction", "create")})

    def __init__(self, connection: KubernetesConnection) -> None:
        self._connection = connection

    def on_node(self, name: str) -> Sequence[Pod]:
        return self._connection.call(
            f"list the pods of node {name}",
            lambda client: [
                _pod(each)
                for each in client.list(
                    PodResource, namespace=EVERY_NAMESPACE, fields={"spec.nodeName": name}, chunk_size=PAGE_SIZE
                )
            ],
        )

    def evict(self, eviction: Eviction) -> Reply:
        pod, operation = eviction.pod, f"evict pod {eviction.pod}"
        body = _Eviction(
            metadata=ObjectMeta(name=pod.name, namespace=pod.namespace),
            deleteOptions=DeleteOptions(
                # A pod of a StatefulSet comes back under its name: it is this one that is meant.
                preconditions=Preconditions(uid=pod.uid),
                gracePeriodSeconds=None if eviction.grace is None else int(eviction.grace.total_seconds()),
            ),
        )
        try:
            answer = self._connection.call(operation, lambda client: client.create(body, pod.name))
        except KubernetesError as error:
            if error.status in {0, 401}:
                raise
            return reply(error)
        if answer.status == FAILURE:
            # Two budgets for one pod are answered with a Status of code 500, under HTTP's 201: create.go of the API
            # server takes what is returned for a success, whatever it says.
            return Reply(answer=Answer.HELD, words=answer.message or "")
        return Reply(answer=Answer.ACCEPTED)


def reply(error: KubernetesError) -> Reply:
    """Say what a refused eviction means for the pod."""
    budgets = [message for reason, message in error.causes if reason == BUDGET]
    ending = any(reason == ENDING_NAMESPACE for reason, _ in error.causes)
    words = "; ".join(budgets) or error.message
    match error.status:
        case 404:
            answer = Answer.GONE
        case 409 if OTHER_UID.search(error.message):
            answer = Answer.GONE
        case 429 if budgets or BUDGET_WORDS in error.message:
            answer = Answer.HELD
        case 403 if ending:
            answer = Answer.BUSY  # the namespace takes its pods with it, in its own time
        case 409 | 429:
            answer = Answer.BUSY
        case status if status >= 500:
            answer = Answer.BUSY
        case _:
            answer = Answer.REFUSED
    named = BUDGET_NAME.search("; ".join(budgets))
    return Reply(answer=answer, words=words, budget=named[1] if named else "", retry_after=error.retry_after)


def _pod(found: PodResource) -> Pod:
    metadata, spec, status = found.metadata, found.spec, found.status
    if metadata is None or not (metadata.namespace and metadata.name and metadata.uid):
        raise ValueError(f"a pod without a name: {metadata}")
    owners = metadata.ownerReferences or []
    grace = spec.terminationGracePeriodSeconds if spec else None
    return Pod(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        phase=PodPhase((status.phase if status else None) or ""),
        controller=next((_controller(each) for each in owners if each.controller), None),
        mirror=MIRROR in (metadata.annotations or {}),
        local_storage=any(each.emptyDir is not None for each in (spec.volumes if spec else None) or ()),
        grace=DEFAULT_GRACE if grace is None else timedelta(seconds=grace),
        deletion_at=metadata.deletionTimestamp,
    )


def _controller(owner: OwnerReference) -> Controller:
    return Controller(api_version=owner.apiVersion, kind=owner.kind, name=owner.name)
