"""Commands that people copy from a notice: each one complete, for any shell with the AWS CLI or curl."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from capacity_blocks.core import tag
from capacity_blocks.core.purchase import canonical
from capacity_blocks.core.purchase.intent import Intent

AFTER = timedelta(hours=1)
BEFORE = timedelta(minutes=5)
CREDENTIALS = 'eval "$(aws configure export-credentials --format env)"'


def decision(intent: Intent, word: str) -> str:
    """Return the body of a decision, which is a test event too."""
    return json.dumps({"intent_id": intent.intent_id, "terms": intent.terms.hash, "decision": word})


def curl(intent: Intent, word: str, url: str, region: str) -> str:
    """Return the call that decides, signed as a function URL with IAM wants it (service `lambda`)."""
    return _lines(
        f'curl --aws-sigv4 "aws:amz:{region}:lambda"',
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
        # One word in bash, dash and zsh, and none without a token: curl would sign the empty header and not send it.
        '${AWS_SESSION_TOKEN:+"-Hx-amz-security-token: $AWS_SESSION_TOKEN"}',
        '-H "content-type: application/json"',
        f"-d {shlex.quote(decision(intent, word))}",
        shlex.quote(url),
    )


def awscurl(intent: Intent, word: str, url: str, region: str) -> str:
    body = shlex.quote(decision(intent, word))
    return _lines(f"awscurl --region {region} --service lambda -X POST", f"-d {body}", shlex.quote(url))


def look_for(intent: Intent) -> Iterator[str]:
    """Yield how to see what an attempt may have bought, in EC2 and in CloudTrail."""
    offering = intent.terms.offering
    for instance_type, zone in dict.fromkeys((p.instance_type, p.availability_zone) for p in offering.parts):
        yield _lines(
            f"aws ec2 describe-capacity-reservations --region {offering.region} --output table",
            f"--filters Name=instance-type,Values={instance_type} Name=availability-zone,Values={zone}",
            "--query \"CapacityReservations[?ReservationType=='capacity-block'].[CapacityReservationId,State,"
            f"TotalInstanceCount,StartDate,EndDate,CreateDate,Tags[?Key=='{tag.INTENT}'].Value|[0]]\"",
        )
    for zone in dict.fromkeys(part.availability_zone for part in offering.parts):
        yield _lines(
            f"aws ec2 describe-capacity-blocks --region {offering.region}",
            f"--filters Name=availability-zone,Values={zone}",
        )
    yield from _calls(intent, "PurchaseCapacityBlock")


def look_for_extension(intent: Intent) -> Iterator[str]:
    """Yield how to see what an attempt to extend may have bought."""
    yield _lines(
        f"aws ec2 describe-capacity-block-extension-history --region {intent.terms.offering.region} --output table",
        f"--filters Name=capacity-reservation-id,Values={intent.terms.extends}",
    )
    yield from _calls(intent, "PurchaseCapacityBlockExtension")


def adopt(intent: Intent, reservation_id: str = "cr-...") -> str:
    """Return how to tell that a reservation is what an intent bought."""
    tags = {tag.INTENT: intent.intent_id, tag.POOL: intent.terms.pool}
    return add_tags(intent.terms.offering.region, (reservation_id,), tags)


def nothing_was_bought(intent: Intent) -> str:
    """Return the event by which a person ends an intent that nobody could find anything of."""
    named = {"request_id": intent.request_id, "number": intent.number, "intent_id": intent.intent_id}
    return json.dumps({"intent": named, "nothing_was_bought": True})


def add_tags(region: str, reservation_ids: Sequence[str], tags: Mapping[str, str]) -> str:
    """Return the command that tags; in JSON, since a value may hold what the short form takes for its own."""
    document = json.dumps([{"Key": key, "Value": value} for key, value in tags.items()], ensure_ascii=False)
    return _lines(
        f"aws ec2 create-tags --region {region} --resources {' '.join(reservation_ids)}",
        f"--tags {shlex.quote(document)}",
    )


def _calls(intent: Intent, name: str) -> Iterator[str]:
    """Yield how CloudTrail shows the calls of a name around the attempt."""
    if intent.attempted_at is None:
        return
    since = canonical.instant((intent.attempted_at - BEFORE).replace(microsecond=0))
    until = canonical.instant((intent.attempted_at + AFTER).replace(microsecond=0))
    yield _lines(
        f"aws cloudtrail lookup-events --region {intent.terms.offering.region}",
        f"--lookup-attributes AttributeKey=EventName,AttributeValue={name}",
        f"--start-time {since} --end-time {until}",
    )


def _lines(*parts: str) -> str:
    return " \\\n  ".join(parts)
