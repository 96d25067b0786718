"""Capacity Block Autopilot: lives the whole life of EC2 Capacity Blocks for ML."""
