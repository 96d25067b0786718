"""EC2 instances that are launched into Capacity Blocks, run, shut down and are gone, in virtual time."""
