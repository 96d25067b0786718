"""In-memory stand-ins of every port. They keep state, which tests set and read; nobody counts calls.

Each raises what its `errors` holds under a method's name: `groups.errors["scale"] = refused()`.
"""

from tests.fakes.clock import FakeClock as FakeClock
from tests.fakes.drains import FakeDrainLedger as FakeDrainLedger
from tests.fakes.drains import FakeInvocations as FakeInvocations
from tests.fakes.ec2 import FakeLaunchTemplates as FakeLaunchTemplates
from tests.fakes.ec2 import FakeReservations as FakeReservations
from tests.fakes.ec2 import FakeSubnets as FakeSubnets
from tests.fakes.failing import refused as refused
from tests.fakes.failing import unclear as unclear
from tests.fakes.groups import FakeGroups as FakeGroups
from tests.fakes.ledger import FakeLedger as FakeLedger
from tests.fakes.node_groups import FakeNodeGroups as FakeNodeGroups
from tests.fakes.purchase_ledger import FakePurchaseLedger as FakePurchaseLedger
from tests.fakes.purchases import FakeMarket as FakeMarket
from tests.fakes.purchases import FakeQuotas as FakeQuotas
from tests.fakes.purchases import FakeSwitches as FakeSwitches
from tests.fakes.purchases import FakeTaskTokens as FakeTaskTokens
from tests.fakes.stack import FakeNotifier as FakeNotifier
from tests.fakes.stack import FakePoolSettings as FakePoolSettings
from tests.fakes.stack import FakeWakeups as FakeWakeups
from tests.fakes.world import FakeRegion as FakeRegion
