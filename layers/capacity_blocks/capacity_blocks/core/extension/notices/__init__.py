"""What people are told of extensions alone; what is the same for any purchase is in core/purchase/notices."""

from capacity_blocks.core.extension.notices.asking import tried_enough as tried_enough
from capacity_blocks.core.extension.notices.asking import unasked as unasked
from capacity_blocks.core.extension.notices.outcome import bought as bought
from capacity_blocks.core.extension.notices.outcome import found as found
from capacity_blocks.core.extension.notices.outcome import not_found as not_found
from capacity_blocks.core.extension.notices.outcome import unknown as unknown
from capacity_blocks.core.extension.notices.paying import paid as paid
from capacity_blocks.core.extension.notices.paying import payment_failed as payment_failed
from capacity_blocks.core.extension.notices.paying import payment_overdue as payment_overdue
from capacity_blocks.core.extension.notices.paying import payment_pending as payment_pending
