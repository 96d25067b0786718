"""Capacity Blocks as EC2 sells, delivers and takes them back: plain Python on an injected clock, nothing of moto."""

from .engine import CapacityBlockEngine
from .error import CapacityBlockError
from .holdings import Document, Emit, Sale
from .inventory import Shelf, inventory_of
from .payment import Payment
from .reservation import SIZE_TAG, TYPE_TAG, State
from .visibility import Lateness

__all__ = [
    "SIZE_TAG",
    "TYPE_TAG",
    "CapacityBlockEngine",
    "CapacityBlockError",
    "Document",
    "Emit",
    "Lateness",
    "Payment",
    "Sale",
    "Shelf",
    "State",
    "inventory_of",
]
