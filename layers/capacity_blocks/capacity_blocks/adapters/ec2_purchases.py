"""The purchase of a Capacity Block: the one adapter that spends."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from capacity_blocks.adapters.aws_error import code, message
from capacity_blocks.adapters.single_attempt import asking_once, is_refusal
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import TagSpecificationTypeDef, TagTypeDef

OPERATION = "PurchaseCapacityBlock"


class Ec2Purchases:
    """`client` asks once: PurchaseCapacityBlock takes no client token, so that a retry of the SDK buys again."""

    PERMISSIONS = frozenset({"ec2:PurchaseCapacityBlock"})
    # "Actions, resources, and condition keys for Amazon EC2": for the tags on what is created.
    DEPENDENT_PERMISSIONS = frozenset({"ec2:CreateTags"})

    def __init__(self, client: "EC2Client") -> None:
        self._client = asking_once(client, OPERATION)

    def dry_run(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str | None, str]:
        try:
            reply = self._ask(terms, tags, dry_run=True)
        except ClientError as error:
            return code(error), message(error)
        except (BotoCoreError, ResponseParserError, ValueError) as error:  # a date that is none is a ValueError
            return None, f"{type(error).__name__}: {error}"
        return None, f"EC2 answered a dry run with a purchase of {', '.join(_ids(reply)) or 'nothing that it names'}"

    def purchase(self, terms: Terms, tags: Mapping[str, str]) -> tuple[str, ...]:
        try:
            ids = _ids(self._ask(terms, tags, dry_run=False))
        except ClientError as error:
            raise AwsError(OPERATION, code(error), message(error), definite=is_refusal(error)) from error
        except Exception as error:
            # Whatever else comes out of the SDK, and be it a mistake in reading the reply, may come after the purchase;
            # but for arguments that it refuses to send.
            definite = isinstance(error, ParamValidationError)
            raise AwsError(OPERATION, type(error).__name__, str(error), definite=definite) from error
        if not ids:
            raise AwsError(OPERATION, "NoReservation", "EC2 said yes and named no reservation", definite=False)
        return ids

    def _ask(self, terms: Terms, tags: Mapping[str, str], *, dry_run: bool) -> Mapping[str, Any]:
        return self._client.purchase_capacity_block(
            CapacityBlockOfferingId=terms.offering.offering_id,
            InstancePlatform=terms.platform,  # type: ignore[arg-type]  # any name: EC2 knows which there are
            TagSpecifications=_specifications(terms, tags),
            DryRun=dry_run,
        )


def _specifications(terms: Terms, tags: Mapping[str, str]) -> "list[TagSpecificationTypeDef]":
    """Tag what the purchase makes: its reservations, and the block that each UltraServer is besides.

    EC2 refuses a call that tags what it does not create. That it takes both for UltraServers is assumed: ResourceType
    has both, CreateTags has a capacity-block, and the tags of one are listed by DescribeCapacityBlocks.
    """
    listed: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in tags.items()]
    made: list[TagSpecificationTypeDef] = [{"ResourceType": "capacity-reservation", "Tags": listed}]
    if terms.offering.is_ultraserver:
        made.append({"ResourceType": "capacity-block", "Tags": listed})
    return made


def _ids(reply: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of all reservations in a reply, each once, in EC2's order.

    It may name one, several of segments, or those of UltraServers (PurchaseCapacityBlockResult).
    """
    reservations = [reply.get("CapacityReservation", {}), *reply.get("CapacityReservations", [])]
    named = [each.get("CapacityReservationId") for each in reservations]
    named += [i for block in reply.get("CapacityBlocks", []) for i in block.get("CapacityReservationIds", [])]
    return tuple(dict.fromkeys(i for i in named if i))
