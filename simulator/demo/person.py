"""What people do in the console while the days pass: tag, correct. Each deed is a line of the timeline."""

from simulator.demo.account import POOL
from simulator.demo.actor import Actor
from simulator.demo.recording import Entry
from simulator.world import World


class Person:
    """Somebody with the console open. Nothing here is the application's: it only ever sees what came of it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ec2 = world.client("ec2")
        self._groups = world.client("autoscaling")
        self.entries: list[Entry] = []

    def adopt(self, reservation_id: str, pool: str, why: str) -> None:
        """Give a block to a pool by its tag."""
        self._ec2.create_tags(Resources=[reservation_id], Tags=[{"Key": POOL, "Value": pool}])
        self._note(f"tags {reservation_id} with {POOL}={pool}", why, pool, reservation_id)

    def tag_group(self, group: str, pool: str, key: str, value: str, why: str) -> None:
        tag = {"ResourceId": group, "ResourceType": "auto-scaling-group", "Key": key, "Value": value}
        self._groups.create_or_update_tags(Tags=[{**tag, "PropagateAtLaunch": False}])
        self._note(f"sets the tag {key} of {group} to {value!r}", why, pool, None)

    def _note(self, what: str, why: str, pool: str, reservation_id: str | None) -> None:
        entry = Entry(
            at=self._world.now, actor=Actor.PERSON, what=what, why=why, pool=pool, reservation_id=reservation_id
        )
        self.entries.append(entry)
