"""How notices are put together: what each is about, and the parts of its key."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from zlib import crc32

from capacity_blocks.core.notice import Notice
from capacity_blocks.core.pool import Pool
from capacity_blocks.core.reservation import Reservation
from capacity_blocks.core.service import Service, ending


def life(pool: Pool, service: Service) -> str:
    """Name the life of a target since it last went to zero: one that is called back is told and timed anew."""
    drained, scaled_in = pool.drained.get(service.key, "first"), pool.scaled_in.get(service.key)
    return drained if scaled_in is None else f"{drained}-{scaled_in}"


def end(service: Service) -> str:
    return ending(service.reservation)


def about(service: Service, **fields: Any) -> Notice:
    return Notice(
        pool=service.target.pool,
        region=service.reservation.region,
        reservation_id=service.reservation.reservation_id,
        target=str(service.target.id),
        **fields,
    )


def of_block(pool: Pool, block: Reservation, *, kind: str, **fields: Any) -> Notice:
    return Notice(
        key=f"{block.reservation_id}:{kind}",
        kind=kind,
        pool=pool.name,
        region=pool.region,
        reservation_id=block.reservation_id,
        **fields,
    )


def minutes(duration: timedelta) -> str:
    count = round(duration / timedelta(minutes=1))
    return f"{count} minute" if count == 1 else f"{count} minutes"


def sentences(clauses: Sequence[str]) -> str:
    return " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses)


def steady(words: str) -> str:
    """Leave out what AWS makes up anew for each failure, such as request ids and encoded authorization messages."""
    return re.sub(r"[\w+/=-]{36,}", "-", words)


def digest(parts: Iterable[str]) -> str:
    """Shorten text that belongs in a key, so that a change of it is told anew."""
    return f"{crc32('|'.join(parts).encode(errors='replace')):08x}"
