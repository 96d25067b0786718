"""Evictions: a deletion that asks the disruption budgets first."""

from collections.abc import Mapping
from typing import Any

from simulator.kubernetes.cluster import SimulatedCluster
from simulator.kubernetes.objects import Budget, SimulatedPod
from simulator.kubernetes.status import Answer, RefusedError, budget_refusal, conflict, not_found, status

TWO_BUDGETS = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


def evict(cluster: SimulatedCluster, namespace: str, name: str, body: Mapping[str, Any]) -> Answer:
    if body.get("apiVersion") != "policy/v1" or body.get("kind") != "Eviction":
        given = f"{body.get('apiVersion')}, Kind={body.get('kind')}"
        raise RefusedError(400, "BadRequest", f"no kind of eviction: {given}")
    if body.get("metadata", {}).get("name") != name:
        raise RefusedError(400, "BadRequest", "name in URL does not match name in Eviction object")
    pod = cluster.pods.get((namespace, name))
    if pod is None:
        raise not_found("pods", name)
    options = body.get("deleteOptions") or {}
    if not _can_ignore_budgets(pod):
        budgets = [each for each in cluster.budgets if _covers(each, pod)]
        if len(budgets) > 1:
            # What is returned and not raised goes out under 201, whatever it says (handlers/create.go).
            return Answer(code=201, body=status("Failure", 500, message=TWO_BUDGETS))
        for budget in budgets:
            check(cluster, budget, pod)
    _check_uid(pod, options)
    cluster.delete(pod, options.get("gracePeriodSeconds"))
    return Answer(code=201, body=status("Success", 201))


def check(cluster: SimulatedCluster, budget: Budget, pod: SimulatedPod) -> None:
    """Refuse what would leave fewer healthy pods than the budget asks for."""
    if not budget.observed:
        message = f"The disruption budget {budget.name} is still being processed by the server."
        raise budget_refusal(message, retry_after=10)
    now = cluster.now()
    covered = [each for each in cluster.pods.values() if _covers(budget, each)]
    healthy = sum(each.is_healthy(now) for each in covered)
    desired = budget.desired(_expected(cluster, covered))
    if not pod.is_ready(now) and healthy >= desired > 0:
        return  # IfHealthyBudget: what serves nobody disrupts nobody
    if healthy <= desired:
        message = f"The disruption budget {budget.name} needs {desired} healthy pods and has {healthy} currently"
        raise budget_refusal(message)


def _can_ignore_budgets(pod: SimulatedPod) -> bool:
    return pod.phase in {"Succeeded", "Failed", "Pending"} or pod.deletion_at is not None


def _covers(budget: Budget, pod: SimulatedPod) -> bool:
    same = budget.namespace == pod.namespace and bool(budget.selector)
    return same and all(pod.labels.get(key) == value for key, value in budget.selector.items())


def _expected(cluster: SimulatedCluster, covered: list[SimulatedPod]) -> int:
    """Count what there should be: the replicas of each controller, and every pod without one."""
    owners = {(pod.namespace, pod.owner.name) for pod in covered if pod.owner is not None}
    scaled = [cluster.deployments[owner].replicas for owner in owners if owner in cluster.deployments]
    loose = [pod for pod in covered if pod.owner is None or (pod.namespace, pod.owner.name) not in cluster.deployments]
    return sum(scaled) + len(loose)


def _check_uid(pod: SimulatedPod, options: Mapping[str, Any]) -> None:
    wanted = (options.get("preconditions") or {}).get("uid", pod.uid)
    if wanted != pod.uid:
        message = (
            f"the UID in the precondition ({wanted}) does not match the UID in record ({pod.uid}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict("Pod", pod.name, message)
