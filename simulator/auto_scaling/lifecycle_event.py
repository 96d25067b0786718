"""What the event of a lifecycle action says ("Amazon EC2 Auto Scaling event reference")."""

from .hook import Hook, Transition

DETAIL_TYPES = {
    Transition.LAUNCHING: "EC2 Instance-launch Lifecycle Action",
    Transition.TERMINATING: "EC2 Instance-terminate Lifecycle Action",
}
# "Warm pool event types and patterns": from where to where.
_ENDS = {Transition.LAUNCHING: ("EC2", "AutoScalingGroup"), Transition.TERMINATING: ("AutoScalingGroup", "EC2")}


def detail(hook: Hook, instance_id: str, token: str) -> dict[str, object]:
    """Say what is to be done; the metadata is left out where the hook has none."""
    origin, destination = _ENDS[hook.transition]
    metadata = hook.notification.get("NotificationMetadata")
    return {
        "LifecycleActionToken": token,
        "AutoScalingGroupName": hook.group,
        "LifecycleHookName": hook.name,
        "EC2InstanceId": instance_id,
        "LifecycleTransition": str(hook.transition),
        **({"NotificationMetadata": metadata} if metadata else {}),
        "Origin": origin,
        "Destination": destination,
    }
