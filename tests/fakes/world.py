"""A region of fakes."""

from dataclasses import dataclass, field

from capacity_blocks.ports import Region
from tests.factories import REGION
from tests.fakes.ec2 import FakeLaunchTemplates, FakeReservations, FakeSubnets
from tests.fakes.groups import FakeGroups
from tests.fakes.node_groups import FakeNodeGroups


@dataclass
class FakeRegion:
    """The fakes of one region; `port` is what the shell is given."""

    name: str = REGION
    reservations: FakeReservations = field(default_factory=FakeReservations)
    templates: FakeLaunchTemplates = field(default_factory=FakeLaunchTemplates)
    subnets: FakeSubnets = field(default_factory=FakeSubnets)
    groups: FakeGroups = field(default_factory=FakeGroups)
    node_groups: FakeNodeGroups = field(default_factory=FakeNodeGroups)

    @property
    def port(self) -> Region:
        return Region(
            name=self.name,
            reservations=self.reservations,
            templates=self.templates,
            subnets=self.subnets,
            groups=self.groups,
            node_groups=self.node_groups,
        )
