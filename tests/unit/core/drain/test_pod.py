"""Each kind of pod that kubectl's drain tells apart."""

import pytest

from capacity_blocks.core.drain.pod import Controller, Handling, Pod, PodPhase, PodPolicy, Treatment, treatment
from tests.unit.core.drain.pods import a_pod

EVICT_ALL = PodPolicy()
UNREAD = PodPolicy(unread=True)
SPARE = PodPolicy(evict_local_storage=False, evict_unmanaged=False)
DAEMON_SET = Controller(api_version="apps/v1", kind="DaemonSet", name="cni")

LEFT = {
    "a finished pod": (a_pod(phase=PodPhase.SUCCEEDED), "it has ended (Succeeded)"),
    "a failed pod": (a_pod(phase=PodPhase.FAILED, controller=None, local_storage=True), "it has ended (Failed)"),
    "a mirror pod": (a_pod(mirror=True, controller=None), "it is static: only its node can end it"),
    "a pod of a DaemonSet": (a_pod(controller=DAEMON_SET), "DaemonSet cni would put it back"),
    "a pod of a DaemonSet with an emptyDir": (
        a_pod(controller=DAEMON_SET, local_storage=True),
        "DaemonSet cni would put it back",
    ),
}
BY_POLICY = {
    "with an emptyDir": (
        a_pod(local_storage=True),
        "its emptyDir is lost, as it is when the node goes",
        "it has an emptyDir, and such pods are not to be evicted",
    ),
    "without a controller": (
        a_pod(controller=None),
        "no controller will start it anew",
        "it has no controller, and such pods are not to be evicted",
    ),
}


@pytest.mark.parametrize("policy", [EVICT_ALL, SPARE, UNREAD], ids=["evict all", "spare", "unread"])
@pytest.mark.parametrize(("pod", "reason"), LEFT.values(), ids=LEFT)
def test_what_goes_with_the_node_is_left_whatever_the_policy(pod: Pod, reason: str, policy: PodPolicy) -> None:
    assert treatment(pod, policy) == Treatment(handling=Handling.LEAVE, reason=reason)


@pytest.mark.parametrize(("pod", "evicted", "_"), BY_POLICY.values(), ids=BY_POLICY)
def test_what_kubectl_would_refuse_is_evicted_and_the_loss_is_said(pod: Pod, evicted: str, _: str) -> None:
    assert treatment(pod, EVICT_ALL) == Treatment(handling=Handling.EVICT, reason=evicted)


@pytest.mark.parametrize(("pod", "_", "awaited"), BY_POLICY.values(), ids=BY_POLICY)
def test_what_is_to_be_spared_is_waited_for(pod: Pod, _: str, awaited: str) -> None:
    assert treatment(pod, SPARE) == Treatment(handling=Handling.AWAIT, reason=awaited)


@pytest.mark.parametrize(
    ("pod", "what"), [(a_pod(local_storage=True), "an emptyDir"), (a_pod(controller=None), "no controller")]
)
def test_what_unread_settings_might_spare_is_waited_for(pod: Pod, what: str) -> None:
    reason = f"it has {what}, and whether its pool spares such pods could not be read"

    assert treatment(pod, UNREAD) == Treatment(handling=Handling.AWAIT, reason=reason)
    assert treatment(a_pod(), UNREAD).handling is Handling.EVICT


def test_what_a_controller_starts_anew_is_evicted_without_a_word() -> None:
    assert treatment(a_pod(), EVICT_ALL) == Treatment(handling=Handling.EVICT)
    assert treatment(a_pod(), SPARE) == Treatment(handling=Handling.EVICT)


def test_all_that_an_eviction_costs_is_said() -> None:
    both = a_pod(controller=None, local_storage=True)

    assert treatment(both, EVICT_ALL).reason == (
        "its emptyDir is lost, as it is when the node goes; no controller will start it anew"
    )


def test_only_a_daemon_set_of_kubernetes_itself_is_one() -> None:
    """Others of that name, such as OpenKruise's, need not ignore that a node is cordoned."""
    advanced = Controller(api_version="apps.kruise.io/v1alpha1", kind="DaemonSet", name="cni")

    assert treatment(a_pod(controller=advanced), EVICT_ALL).handling is Handling.EVICT


def test_a_phase_that_nobody_knows_is_no_reason_to_leave_a_pod() -> None:
    assert PodPhase("Hibernating") is PodPhase.UNRECOGNISED
    assert treatment(a_pod(phase=PodPhase.UNRECOGNISED), EVICT_ALL).handling is Handling.EVICT
