"""EC2 Auto Scaling in virtual time: groups that launch into Capacity Blocks, fail, try again and act on schedule."""

from .wiring import attach as attach
from .wiring import install as install
