"""Systems Manager's Run Command: commands that instances receive, run and end as a story says, in virtual time."""

from .api import attach as attach
from .api import install as install
from .command import Outcome as Outcome
from .command import Status as Status
