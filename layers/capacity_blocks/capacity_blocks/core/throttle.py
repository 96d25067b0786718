"""AWS's words for "too fast" and "too slow"."""

# Refusals that say "not now", although they come as 4xx: botocore's own lists (botocore/retries/standard.py and
# _retry.json), and EC2's limit on describing blocks, which those lists lack.
NOT_NOW = frozenset(
    {
        "BandwidthLimitExceeded",
        "CapacityBlockDescribeLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
