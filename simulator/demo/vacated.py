"""Look into what drains left behind, and tell it: in the ledger, and in what a cluster was asked and has answered."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from simulator.demo import ledger
from simulator.demo.actor import Actor
from simulator.demo.axis import duration
from simulator.demo.emptying import Drain, Node
from simulator.demo.recording import Block, Entry
from simulator.kubernetes.api import EVICTION, Call, KubernetesApi
from simulator.world import World

_MARK = "capacity-blocks.io/drain-at"
_TOO_MANY = 429


def drains(world: World, blocks: Iterable[Block]) -> tuple[Drain, ...]:
    """Return the drain of each target at the end of its block. Instances that were replaced before are left out."""
    rows = sorted(ledger.rows(world, "drain"), key=lambda row: (row[0], row[2]["group"]["S"], row[2]["started"]["S"]))
    found = []
    by_id = {block.reservation_id: block for block in blocks}
    for (reservation_id, group), own in groupby(rows, lambda row: (row[0], row[2]["group"]["S"])):
        items = [item for _, _, item in own]
        block = by_id.get(reservation_id)
        if block is not None and (nodes := [node for node in _nodes(items) if node.ended >= block.drain_at]):
            drain = Drain(
                reservation_id=reservation_id,
                target=group,
                pool=items[0]["pool"]["S"],
                began=block.drain_at,
                given_up=block.reclaim_at - block.drain_at,
                nodes=tuple(sorted(nodes, key=lambda node: (node.ended, node.instance_id))),
            )
            found.append(drain)
    return tuple(found)


def _nodes(items: Iterable[Mapping[str, Any]]) -> Iterator[Node]:
    for item in items:
        if "ended" in item:
            yield Node(
                instance_id=item["instance_id"]["S"],
                started=datetime.fromisoformat(item["started"]["S"]),
                ended=datetime.fromisoformat(item["ended"]["S"]),
                verdict=item["verdict"]["S"],
                reasons=tuple(each["S"] for each in item["reasons"]["L"]),
                evicted=tuple(each["S"] for each in item["evicted"]["L"]),
                was_told=item["told"]["BOOL"],
            )


def told(found: Iterable[Drain]) -> Iterator[Entry]:
    """Yield a few lines for each drain, however many nodes it has: its start, and how the nodes came to be empty."""
    for drain in found:
        first = min(node.started for node in drain.nodes)
        spread = duration(max(node.started for node in drain.nodes) - first)
        what = f"drains the {len(drain.nodes)} nodes of {drain.target} at the same time"
        yield _entry(drain, first, what, f"a run of the function for each, all begun within {spread}")
        smooth = [node for node in drain.nodes if node.is_clean and not node.was_told]
        if smooth:
            yield _emptied(drain, smooth)
        for node in drain.nodes:
            if node.is_clean and node.was_told:
                yield _emptied(drain, [node])
            elif not node.is_clean:
                yield _entry(drain, node.ended, f"lets {node.instance_id} go: {node.verdict}", "; ".join(node.reasons))


def _emptied(drain: Drain, nodes: Sequence[Node]) -> Entry:
    which = nodes[0].instance_id if len(nodes) == 1 else f"{len(nodes)} of {len(drain.nodes)} nodes of {drain.target}"
    took, pods = sorted(node.took for node in nodes), sum(len(node.evicted) for node in nodes)
    span = duration(took[0]) if len(took) == 1 else f"the fastest took {duration(took[0])}, the slowest"
    words = f"{span} {duration(took[-1])}" if len(took) > 1 else f"it took {span}"
    verb = "is" if len(nodes) == 1 else "are"
    return _entry(drain, nodes[-1].ended, f"finds that {which} {verb} empty: {_counted(pods)} evicted", words)


def _entry(drain: Drain, at: datetime, what: str, why: str) -> Entry:
    return Entry(at=at, actor=Actor.AUTOPILOT, what=what, why=why, pool=drain.pool, reservation_id=drain.reservation_id)


def answers(api: KubernetesApi, pool: str) -> Iterator[Entry]:
    """Yield what a cluster was asked for: the mark on its nodes, and the evictions that a budget held back."""
    marked = [call for call in api.calls if call.code == 200 and _marks(call)]
    if marked:
        what = f"marks {len(marked)} nodes of cluster {api.cluster.name} with the taint and the label {_MARK}"
        why = "schedulers place no long work there any more, and pods can read when their time is up"
        yield Entry(at=marked[-1].at, actor=Actor.KUBERNETES, what=what, why=why, pool=pool)
    held = [call for call in api.calls if call.code == _TOO_MANY]
    for path, refusals in groupby(sorted(held, key=lambda call: call.request.path), lambda call: call.request.path):
        yield _held(path, list(refusals), pool)


def _marks(call: Call) -> bool:
    if call.request.method != "PATCH":
        return False
    return bool(json.loads(call.request.body).get("metadata", {}).get("labels", {}).get(_MARK))


def _held(path: str, refusals: Sequence[Call], pool: str) -> Entry:
    match, said = EVICTION.fullmatch(path), json.loads(refusals[0].answer)
    pod = f"{match['namespace']}/{match['name']}" if match else path
    causes = "; ".join(each["message"] for each in said.get("details", {}).get("causes", ()))
    last = f"asked {len(refusals)} times until {refusals[-1].at:%H:%M:%S}, each time refused"
    what = f"refuses to evict {pod}: {causes or said['message']}"
    return Entry(at=refusals[0].at, actor=Actor.KUBERNETES, what=what, why=last, pool=pool)


def _counted(pods: int) -> str:
    return "1 pod" if pods == 1 else f"{pods} pods"
