"""Write an item of a DynamoDB table under a condition, and learn what stands there instead where it does not hold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from capacity_blocks.adapters.aws_error import code
from capacity_blocks.adapters.claim_item import Item

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

CONDITION_FAILED = "ConditionalCheckFailedException"


def put_if(
    client: "DynamoDBClient",
    table: str,
    item: Item,
    expression: str,
    values: Item | None = None,
    names: Mapping[str, str] | None = None,
) -> Item | None:
    """Write `item` where `expression` holds. Return None, or else what stands there: empty if nothing does.

    Where the very same item stands there already, the SDK has sent it twice: a reply was lost.
    """
    optional = {
        name: given
        for name, given in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values))
        if given  # DynamoDB refuses empty ones
    }
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression=expression,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **optional,  # type: ignore[arg-type]  # two arguments of different types in one mapping
        )
    except ClientError as error:
        if code(error) != CONDITION_FAILED:
            raise
        stands: Item = error.response.get("Item", {})  # type: ignore[assignment]  # of this exception alone
        return stands
    return None
