"""The purchase of an extension: beside that of a block, the one adapter that spends."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from capacity_blocks.adapters.aws_error import code, message
from capacity_blocks.adapters.ec2_extension import read_record
from capacity_blocks.adapters.single_attempt import asking_once, is_refusal
from capacity_blocks.core.extension.history import ExtensionRecord
from capacity_blocks.core.purchase.terms import Terms
from capacity_blocks.ports import AwsError

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client

OPERATION = "PurchaseCapacityBlockExtension"


class Ec2Extensions:
    """`client` asks once: the call takes no client token, so that a retry of the SDK may buy again."""

    PERMISSIONS = frozenset({"ec2:PurchaseCapacityBlockExtension"})
    DEPENDENT_PERMISSIONS = frozenset[str]()

    def __init__(self, client: "EC2Client") -> None:
        self._client = asking_once(client, OPERATION)

    def dry_run(self, terms: Terms) -> tuple[str | None, str]:
        try:
            self._ask(terms, dry_run=True)
        except ClientError as error:
            return code(error), message(error)
        except (BotoCoreError, ResponseParserError, ValueError) as error:  # a date that is none is a ValueError
            return None, f"{type(error).__name__}: {error}"
        return None, "EC2 answered a dry run with an extension"

    def purchase(self, terms: Terms) -> ExtensionRecord:
        try:
            records = [read_record(item) for item in self._ask(terms, dry_run=False).get("CapacityBlockExtensions", ())]
        except ClientError as error:
            raise AwsError(OPERATION, code(error), message(error), definite=is_refusal(error)) from error
        except Exception as error:
            # Whatever else comes out of the SDK, and be it a mistake in reading the reply, may come after the purchase;
            # but for arguments that it refuses to send.
            definite = isinstance(error, ParamValidationError)
            raise AwsError(OPERATION, type(error).__name__, str(error), definite=definite) from error
        ours = [each for each in records if each.reservation_id == terms.extends]
        if len(ours) != 1:
            words = f"EC2 said yes and named {len(ours)} extensions of {terms.extends}"
            raise AwsError(OPERATION, "NoExtension", words, definite=False)
        return ours[0]

    def _ask(self, terms: Terms, *, dry_run: bool) -> Mapping[str, Any]:
        if terms.extends is None:
            raise ValueError(f"{terms.offering.offering_id}: it extends no reservation")
        return self._client.purchase_capacity_block_extension(
            CapacityBlockExtensionOfferingId=terms.offering.offering_id,
            CapacityReservationId=terms.extends,
            DryRun=dry_run,
        )
