"""Tags of reservations and blocks: what is allowed, and where they are kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from .error import CapacityBlockError, block_not_found, invalid_value
from .holdings import Document, Holdings
from .visibility import Visibility

# "Tag your Amazon EC2 resources": restrictions.
_MOST_TAGS = 50
_LONGEST_KEY = 128
_LONGEST_VALUE = 256
_RESERVED = "aws:"

OnTags = Callable[[str, Mapping[str, str]], None]


def check(tags: Mapping[str, str]) -> None:
    """Refuse what EC2 refuses in any request that sets tags."""
    for key, value in tags.items():
        if key.lower().startswith(_RESERVED):
            raise invalid_value(f"Tag keys starting with '{_RESERVED}' are reserved for internal use: '{key}'")
        if not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise invalid_value(f"The tag '{key}' is longer than {_LONGEST_KEY} and {_LONGEST_VALUE} characters")
    _check_number(tags)


def from_specifications(specifications: Iterable[Document], taggable: Sequence[str]) -> dict[str, dict[str, str]]:
    """Tags by resource type, from TagSpecifications that may name only `taggable` types."""
    tags: dict[str, dict[str, str]] = {each: {} for each in taggable}
    for specification in specifications:
        resource_type = specification.get("ResourceType")
        if resource_type not in tags:
            raise invalid_value(f"'{resource_type}' is not a valid taggable resource type for this operation.")
        tags[resource_type] |= {each["Key"]: each.get("Value", "") for each in specification.get("Tags", ())}
    for each in tags.values():
        check(each)
    return tags


class Tagging:
    """Set and remove tags, and tell whoever keeps a copy of them."""

    def __init__(self, holdings: Holdings, visibility: Visibility) -> None:
        self._holdings = holdings
        self._visibility = visibility
        self.on_tags: list[OnTags] = []

    def knows(self, resource_id: str) -> bool:
        return resource_id in self._holdings.reservations or resource_id in self._holdings.blocks

    def create(self, resource_ids: Iterable[str], tags: Mapping[str, str]) -> None:
        """Set tags on all resources, or on none when one of them cannot have them."""
        check(tags)
        stores = {each: self._tags_of(each) for each in resource_ids}
        for resource_id in stores:
            self._visibility.before_change(resource_id)
        for store in stores.values():
            _check_number({**store, **tags})
        for resource_id, store in stores.items():
            store.update(tags)
            self._visibility.tagged(resource_id)
            self.tell(resource_id)
        self._holdings.touch()

    def delete(self, resource_ids: Iterable[str], tags: Mapping[str, str | None] | None) -> None:
        """Remove tags by key, and by value as well when one is given; without a list, all but those that AWS set."""
        stores = {each: self._tags_of(each) for each in resource_ids}
        for resource_id in stores:
            self._visibility.before_change(resource_id)
        for resource_id, store in stores.items():
            wanted = dict.fromkeys(store) if tags is None else tags
            for key, value in wanted.items():
                if not key.startswith(_RESERVED) and value in (None, store.get(key)):
                    store.pop(key, None)
            self._visibility.tagged(resource_id)
            self.tell(resource_id)
        self._holdings.touch()

    def tell(self, resource_id: str) -> None:
        for notify in self.on_tags:
            notify(resource_id, dict(self._tags_of(resource_id)))

    def _tags_of(self, resource_id: str) -> dict[str, str]:
        if resource_id.startswith("cr-"):
            return self._holdings.reservation(resource_id).tags
        if resource_id not in self._holdings.blocks:
            raise block_not_found(resource_id)
        return self._holdings.blocks[resource_id].tags


def _check_number(tags: Mapping[str, str]) -> None:
    """At most 50, not counting the ones that AWS sets itself."""
    if sum(1 for key in tags if not key.startswith(_RESERVED)) > _MOST_TAGS:
        raise CapacityBlockError("TagLimitExceeded", "You have reached the maximum number of tags for the resource.")
