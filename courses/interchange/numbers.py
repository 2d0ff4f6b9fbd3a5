"""Numbers as files write them: with comma or point, as percent, with too many digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

LARGEST = Decimal("1e12")


def to_decimal(text: str | None) -> Decimal | None:
    """The number a text says, in German or English writing; ``None`` if it says none."""
    text = (text or "").strip().replace("\u2212", "-")
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= LARGEST else None


def in_digits(number: Decimal) -> str:
    """A number without exponent and without needless zeros, as it is stored."""
    number = number.quantize(Decimal("1e-12")) if number.as_tuple().exponent < -12 else number  # type: ignore[operator]
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def to_whole(number: Decimal) -> int:
    return int(number.to_integral_value(rounding=ROUND_HALF_UP))
