"""What people are told, word for word: what happened, to what, why, and what to do. A module for each subject."""

from capacity_blocks.core.wording import binding as binding
from capacity_blocks.core.wording import block as block
from capacity_blocks.core.wording import draining as draining
from capacity_blocks.core.wording import readiness as readiness
from capacity_blocks.core.wording import scaling as scaling
from capacity_blocks.core.wording import schedule as schedule
from capacity_blocks.core.wording import setting as setting
from capacity_blocks.core.wording import succession as succession
from capacity_blocks.core.wording import warning as warning
