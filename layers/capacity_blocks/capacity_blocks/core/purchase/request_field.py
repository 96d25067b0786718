"""The fields of a purchase request: what each of them may say."""

from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from capacity_blocks.core.purchase.duration import MOST_DAYS
from capacity_blocks.core.purchase.reading import (
    Field,
    NotAllowedError,
    boolean,
    dollars,
    hours,
    instant,
    listed,
    matching,
    one_of,
    read_fields,
    whole,
)
from capacity_blocks.core.tag import MOST_INSTANCES

MOST_TYPES = 10  # botocore, InstanceTypePreferences
MOST_TAGS = 40  # EC2 allows 50 on a resource; the rest is ours
MOST_KEY, MOST_VALUE = 128, 256
# "Amazon EC2 Capacity Blocks for ML" names these; the model's enum is wider.
PLATFORMS = ("Linux/UNIX", "Red Hat Enterprise Linux", "RHEL with HA", "SUSE Linux", "Ubuntu Pro")
# An intent's id begins with the request's, and names an execution: at most 80 of these characters.
REQUEST_ID = "[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
POOL = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
REGION = "[a-z]{2}(-[a-z]+)+-[0-9]"
ZONE = "[a-z][a-z0-9-]{3,40}"
TIME_ZONE = "[A-Za-z][A-Za-z0-9_+/-]{0,39}"
INSTANCE_TYPE = r"[a-z0-9-]+\.[a-z0-9-]+"


def _count(value: object) -> tuple[int, int]:
    """Read one number, or the least and the most."""
    read = whole(1, MOST_INSTANCES)
    if not isinstance(value, Mapping):
        try:
            return read(value), read(value)
        except NotAllowedError as error:
            raise NotAllowedError(f'{error}, or {{"least": 4, "most": 8}}') from error
    bounds, mistakes = read_fields(
        value,
        {"least": Field(attribute="least", read=read, required=True), "most": Field(attribute="most", read=read)},
    )
    if mistakes or not bounds["least"] <= bounds.get("most", MOST_INSTANCES):
        raise NotAllowedError(f'{{"least": 4, "most": 8}}, whole numbers from 1 to {MOST_INSTANCES}, least first')
    return bounds["least"], bounds.get("most", MOST_INSTANCES)


def _tags(value: object) -> tuple[tuple[str, str], ...]:
    """Read tags; those of AWS and of this application are not for a request to give."""
    if not isinstance(value, Mapping) or len(value) > MOST_TAGS or not all(map(_is_tag, value.items())):
        raise NotAllowedError(
            f"an object of at most {MOST_TAGS} tags, keys of 1 to {MOST_KEY} characters that begin neither with aws: "
            f"nor with capacity-blocks:, values of at most {MOST_VALUE} characters"
        )
    return tuple(sorted(value.items()))


def time_zone(value: object) -> ZoneInfo:
    """Read a time zone that there is, or raise NotAllowedError."""
    allowed = "a time zone of the IANA database, such as Europe/Berlin"
    try:
        return ZoneInfo(matching(TIME_ZONE, allowed)(value))
    except (KeyError, ValueError, OSError) as error:  # no such zone; a file that holds none; a folder
        raise NotAllowedError(allowed) from error


def _time_zone(value: object) -> str:
    """Read the name of one: whatever is shown to people must not fail on it later."""
    return time_zone(value).key


def _is_tag(item: tuple[object, object]) -> bool:
    key, value = item
    return (
        isinstance(key, str)
        and isinstance(value, str)
        and 1 <= len(key) <= MOST_KEY
        and len(value) <= MOST_VALUE
        and not key.lower().startswith(("aws:", "capacity-blocks:"))
        and all(character.isprintable() for character in key + value)
    )


FIELDS = {
    "request_id": Field(
        attribute="request_id",
        read=matching(REQUEST_ID, "1 to 40 letters, digits, hyphens and underscores, the first a letter or digit"),
        required=True,
    ),
    "pool": Field(attribute="pool", read=matching(POOL, "the name of a pool"), required=True),
    "instance_types": Field(
        attribute="types", read=listed(matching(INSTANCE_TYPE, "instance types such as p5.48xlarge"), MOST_TYPES)
    ),
    "instance_count": Field(attribute="count", read=_count),
    "ultraserver_type": Field(
        attribute="ultraserver_type", read=matching("u-[a-z0-9-]+", "an UltraServer type such as u-p6e-gb200x72")
    ),
    "ultraserver_count": Field(attribute="ultraserver_count", read=whole(1, MOST_INSTANCES)),
    "duration_days": Field(attribute="days", read=listed(whole(1, MOST_DAYS, "whole days"), 40), required=True),
    "least_hours": Field(attribute="least_duration", read=hours(1, MOST_DAYS * 24)),
    "most_hours": Field(attribute="most_duration", read=hours(1, MOST_DAYS * 24)),
    "earliest_start": Field(attribute="earliest_start", read=instant),
    "latest_end": Field(attribute="latest_end", read=instant, required=True),
    "regions": Field(attribute="regions", read=listed(matching(REGION, "regions such as us-east-1"), 40)),
    "zones": Field(attribute="zones", read=listed(matching(ZONE, "zones such as us-east-1a or use1-az4"), 100)),
    "most_upfront_fee": Field(attribute="most_upfront_fee", read=dollars(Decimal("0.01")), required=True),
    "most_per_gpu_hour": Field(attribute="most_per_gpu_hour", read=dollars(Decimal("0.01"))),
    "platform": Field(attribute="platform", read=one_of(*PLATFORMS)),
    "tags": Field(attribute="tags", read=_tags),
    "may_overlap": Field(attribute="may_overlap", read=boolean),
    "several_segments": Field(attribute="several_segments", read=boolean),
    "automatic": Field(attribute="automatic", read=boolean),
    "look_until": Field(attribute="look_until", read=instant),
    "time_zone": Field(attribute="time_zone", read=_time_zone),
    "dry_run": Field(attribute="dry_run", read=boolean),
}
