"""Amounts of money: read exactly, kept as Decimal, shown as people write them."""

import re
from decimal import ROUND_UP, Decimal

# Caps and budgets are in this currency; what is sold in another one is not bought, since nobody said at which rate.
CURRENCY = "USD"
MOST = Decimal(1_000_000_000)  # more is a slip of the pen
WRITTEN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


def amount(value: object) -> Decimal | None:
    """Return the amount that EC2 or a person wrote, or None where it is none.

    EC2 gives a fee as a string (botocore: CapacityBlockOffering$UpfrontFee). A float is not exact, so it is none.
    """
    if isinstance(value, str):
        return Decimal(value) if WRITTEN.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    return exact if exact.is_finite() and 0 <= exact < MOST and _places(exact) <= 6 else None


def canonical(exact: Decimal) -> str:
    """Write an amount in the one way that is the same for 60000, 60000.00 and 6E+4."""
    text = f"{exact:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def shown(exact: Decimal, currency: str | None = CURRENCY) -> str:
    """Show an amount for people; never as less than it is."""
    whole, _, fraction = f"{exact.quantize(Decimal('0.0001'), rounding=ROUND_UP):,f}".partition(".")
    fraction = fraction.rstrip("0")
    text = f"{whole}.{fraction:0<2}" if fraction else whole
    return f"${text}" if currency == CURRENCY else f"{currency or 'an unnamed currency'} {text}"


def _places(exact: Decimal) -> int:
    exponent = exact.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
