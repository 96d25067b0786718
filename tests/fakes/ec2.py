"""EC2: reservations and who is in them, launch templates, subnets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from capacity_blocks.core.pool import Extension, Occupant
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.target import LaunchTemplate, Subnet, TemplateVersion
from tests.fakes.failing import Errors, perhaps_raise, refused


@dataclass
class FakeReservations:
    """`held` by reservation id; `instances` that are pending or running, and `paying` for extensions, by the same."""

    held: dict[str, Reservation] = field(default_factory=dict)
    instances: dict[str, tuple[Occupant, ...]] = field(default_factory=dict)
    paying: dict[str, Extension] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def hold(self, *reservations: Reservation) -> None:
        self.held |= {r.reservation_id: r for r in reservations}

    def capacity_blocks(self) -> Sequence[Reservation]:
        perhaps_raise(self.errors, "capacity_blocks")
        return list(self.held.values())

    def occupants(self, reservation_ids: Sequence[str]) -> Mapping[str, tuple[Occupant, ...]]:
        perhaps_raise(self.errors, "occupants")
        return {i: self.instances.get(i, ()) for i in reservation_ids}

    def pending_extensions(self, reservation_ids: Sequence[str]) -> Mapping[str, Extension]:
        perhaps_raise(self.errors, "pending_extensions")
        return {i: self.paying[i] for i in reservation_ids if i in self.paying}


@dataclass
class FakeLaunchTemplates:
    """`versions` of each template, by its id and by number, oldest first; the default is the first."""

    versions: dict[str, dict[str, LaunchTemplate]] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    _made: dict[str, int] = field(default_factory=dict)  # numbers are never given twice
    _marks: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, template: LaunchTemplate) -> TemplateVersion:
        """Add a version as it is, and return its name."""
        self.versions.setdefault(template.template_id, {})[template.version] = template
        self._made[template.template_id] = max(self._made.get(template.template_id, 0), int(template.version))
        return TemplateVersion(template_id=template.template_id, version=template.version)

    def read(self, version: TemplateVersion) -> LaunchTemplate:
        perhaps_raise(self.errors, "read")
        of_template = self.versions.get(version.template_id)
        if of_template is None:
            raise refused("DescribeLaunchTemplateVersions", "InvalidLaunchTemplateId.NotFound")
        numbers = list(of_template)
        number = {"$Latest": numbers[-1], "$Default": numbers[0]}.get(version.version, version.version)
        if number not in of_template:
            raise refused("DescribeLaunchTemplateVersions", "InvalidLaunchTemplateId.VersionNotFound")
        return of_template[number]

    def version_for(self, source: TemplateVersion, reservation_id: str, token: str) -> TemplateVersion:
        perhaps_raise(self.errors, "version_for")
        origin = self.read(source)
        wanted = replace(origin, market_type="capacity-block", reservation_id=reservation_id)
        for number, held in self.versions[origin.template_id].items():
            is_marked = self._marks.get((origin.template_id, number)) == token
            if is_marked and replace(held, version=origin.version) == wanted:
                return TemplateVersion(template_id=origin.template_id, version=number)
        number = str(self._made[origin.template_id] + 1)
        self._marks[origin.template_id, number] = token
        return self.add(replace(wanted, version=number))

    def delete(self, version: TemplateVersion) -> None:
        perhaps_raise(self.errors, "delete")
        self.versions.get(version.template_id, {}).pop(version.version, None)


@dataclass
class FakeSubnets:
    held: dict[str, Subnet] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def add(self, *subnets: Subnet) -> None:
        self.held |= {s.subnet_id: s for s in subnets}

    def subnets(self, subnet_ids: Sequence[str]) -> Sequence[Subnet]:
        perhaps_raise(self.errors, "subnets")
        return [self.held[i] for i in subnet_ids if i in self.held]
