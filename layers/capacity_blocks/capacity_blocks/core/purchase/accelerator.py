"""How many accelerators an instance has: what a fee per GPU-hour is counted by."""

from collections.abc import Mapping

# DescribeInstanceTypes, GpuInfo and NeuronInfo, for the types that "Amazon EC2 Capacity Blocks for ML" lists. A
# Trainium chip counts as a GPU. A type that is not here is counted per instance, which is said wherever it is shown.
PER_INSTANCE: Mapping[str, int] = {
    "p4d.24xlarge": 8,
    "p4de.24xlarge": 8,
    "p5.4xlarge": 1,
    "p5.48xlarge": 8,
    "p5e.48xlarge": 8,
    "p5en.48xlarge": 8,
    "p6-b200.48xlarge": 8,
    "p6-b300.48xlarge": 8,
    "p6e-gb200.36xlarge": 4,
    "trn1.32xlarge": 16,
    "trn2.3xlarge": 1,
    "trn2.48xlarge": 16,
    "trn2u.48xlarge": 16,
}
# "Use P6e-GB200 UltraServers with Amazon EKS": 9 or 18 instances with 4 GPUs each. Trn2 UltraServers: 4 instances with
# 16 chips each, https://aws.amazon.com/ec2/instance-types/trn2/
PER_ULTRASERVER: Mapping[str, int] = {
    "u-p6e-gb200x36": 36,
    "u-p6e-gb200x72": 72,
    "u-trn2x64": 64,
}
# Sold as UltraServers only, whatever an answer of EC2 may leave out (the same pages).
ULTRASERVER_TYPES = frozenset({"p6e-gb200.36xlarge", "trn2u.48xlarge"})
