"""What the function is made of that tells people through Amazon Q Developer in chat applications."""

from functools import cache

from capacity_blocks.adapters.sns_amazon_q import SnsAmazonQ
from capacity_blocks.bootstrap.client import client
from capacity_blocks.telling_settings import AmazonQSettings

SETTINGS = (AmazonQSettings,)
ADAPTERS = (SnsAmazonQ,)


@cache
def _topic(arn: str) -> SnsAmazonQ:
    return SnsAmazonQ(client("sns"), arn)


def topic(settings: AmazonQSettings) -> SnsAmazonQ:
    return _topic(settings.topic_arn)
