"""CloudWatch: what it counts of reservations from what runs in them, and what a story puts there."""

from .api import attach as attach
from .api import install as install
from .metrics import Metrics as Metrics
