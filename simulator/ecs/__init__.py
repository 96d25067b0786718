"""ECS container instances and their tasks: drained, stopped and lost with their EC2 instances, in virtual time."""

from .api import attach as attach
from .api import install as install
