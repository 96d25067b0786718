"""Open a request: read it as a whole, and claim its id, so that one request is worked on once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from capacity_blocks.core.purchase.canonical import digest
from capacity_blocks.core.purchase.reading import shown
from capacity_blocks.core.purchase.request import PurchaseRequest, PurchaseRequestError, parse
from capacity_blocks.ports import Clock
from capacity_blocks.purchase_ports import PurchaseLedger, RequestRow
from capacity_blocks.purchasing.step import section, text


class RequestTakenError(ValueError):
    """The id belongs to a request that asks for something else."""


def read(document: Mapping[str, Any], regions: Sequence[str]) -> PurchaseRequest:
    """Read a request for the regions that this application looks after; PurchaseRequestError names what is wrong."""
    request = parse(document)
    if elsewhere := sorted(set(request.regions) - set(regions)):
        raise PurchaseRequestError(
            f"regions is {shown(list(request.regions))}; allowed: those that this application looks after, "
            f"{', '.join(regions)}. A block in {elsewhere[0]} would never be bound"
        )
    return request


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    clock: Clock
    ledger: PurchaseLedger
    regions: Sequence[str]

    def open(self, event: object) -> dict[str, Any]:
        """Claim the request for the execution that asks. Again, by the same one, is harmless; a dry run claims nothing.

        A request that another execution works on, or worked on, is not opened: started twice, it is one request.
        """
        document, execution = dict(section(event, "request")), text(_object(event), "execution")
        request = read(document, self.regions)
        answer = {"opened": True, "request": document, "notes": list(request.notes), "holder": execution, "told": ""}
        if request.dry_run:
            return answer | {"told": "a dry run: nothing is claimed, asked or bought"}
        row = RequestRow(
            request_id=request.request_id,
            digest=digest(document),
            document=document,
            execution=execution,
            claimed_at=self.clock.now(),
        )
        continues = _object(event).get("continues")
        stands = self.ledger.claim_request(row, continues if isinstance(continues, str) else None)
        if stands.digest != row.digest:
            raise RequestTakenError(
                f"request_id is {shown(request.request_id)}; allowed: a new one. {stands.execution} has it for another "
                "request"
            )
        if stands.ended is not None:
            return answer | {"opened": False, "holder": stands.execution, "told": f"it has ended: {stands.ended}"}
        if stands.execution != execution:
            return answer | {"opened": False, "holder": stands.execution, "told": "it is being worked on"}
        return answer


def _object(event: object) -> Mapping[str, Any]:
    return event if isinstance(event, Mapping) else {}
