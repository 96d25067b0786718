"""Begin a renewal that was decided: record, then start its workflow, which buys by the rules of every purchase."""

from dataclasses import dataclass

from capacity_blocks.core.renewal import decision
from capacity_blocks.core.renewal.record import Renewal
from capacity_blocks.core.renewal.settings import RenewalMode
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.purchase_ports import Workflows
from capacity_blocks.renewal_ports import Renewals
from capacity_blocks.renewal_settings import RenewalWorkflows


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewer:
    """One workflow for each block, end and attempt: name and input follow from the record, which is written once.

    A crash in between starts it again under the same name, which Step Functions takes for the same.
    """

    renewals: Renewals
    workflows: Workflows
    machines: RenewalWorkflows

    def renew(self, block: Reservation, renewal: Renewal, attempt: int) -> Renewal:
        """Return the renewal that stands: another run may have been faster."""
        stands = self.renewals.record(renewal)
        extends = stands.mode is RenewalMode.EXTEND
        machine = self.machines.extension_state_machine if extends else self.machines.purchase_state_machine
        self.workflows.start(machine, decision.execution(stands, attempt), decision.asked(stands, block))
        return stands
