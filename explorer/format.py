"""Numbers, bytes and times as text for people. Integers in, exact text out; no float anywhere.

Amounts are nANM (10^9 nANM = 1 ANM), scores micro-nats, times Unix ms, ratios ppm.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NANM_PER_ANM = 10**9
# The last moment that datetime can tell apart from the first of the year 10000.
_LAST_MS = 253_402_300_799_999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def grouped(number: int) -> str:
    """A whole number with a thin space between groups of three digits."""
    return f"{number:,}".replace(",", "\u202f")


def anm(amount: int) -> str:
    """An amount of nANM in ANM, exact: ``1 234.5``; trailing zeros are left out."""
    whole, part = divmod(amount, NANM_PER_ANM)
    decimals = f"{part:09}".rstrip("0")
    return grouped(whole) + (f".{decimals}" if decimals else "")


def nats(score: int) -> str:
    """A score of micro-nats in nats, all six decimals."""
    whole, part = divmod(score, 1_000_000)
    return f"{whole}.{part:06}"


def millionths(number: int) -> str:
    """A count of millionths in whole ones, exact: 1 500 000 gives ``1.5``."""
    whole, part = divmod(number, 1_000_000)
    decimals = f"{part:06}".rstrip("0")
    return grouped(whole) + (f".{decimals}" if decimals else "")


def percent(ppm: int) -> str:
    """A ratio in ppm as per cent, exact: 500 000 gives ``50 %``."""
    whole, part = divmod(ppm, 10_000)
    decimals = f"{part:04}".rstrip("0")
    return f"{whole}{'.' + decimals if decimals else ''} %"


def hex0x(data: bytes) -> str:
    """Bytes as ``0x`` and lower-case hex."""
    return "0x" + data.hex()


def short(text: str) -> str:
    """A long word cut in its middle; the whole of it belongs beside or behind it."""
    if len(text) <= 20:
        return text
    return f"{text[:10]}…{text[-6:]}"


def utc_iso(time_ms: int) -> str:
    """A time as the ``datetime`` attribute of a page wants it; empty beyond the year 9999."""
    if not 0 <= time_ms <= _LAST_MS:
        return ""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time_ms % 1000:03}Z"


def utc_text(time_ms: int) -> str:
    """A time for readers, to the second, UTC; the plain number beyond the year 9999."""
    if not 0 <= time_ms <= _LAST_MS:
        return f"{time_ms} ms"
    return (_EPOCH + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%d %H:%M:%S")


def duration(span_ms: int) -> str:
    """A span in its two largest units: ``2 min 5 s``; below ten seconds with a tenth: ``1.8 s``."""
    if span_ms < 10_000:
        return f"{span_ms // 1000}.{span_ms % 1000 // 100} s"
    seconds = span_ms // 1000
    for index, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            count, rest = divmod(seconds, size)
            text = f"{count} {unit}"
            if index + 1 < len(_UNITS):
                lower_size, lower_unit = _UNITS[index + 1]
                if lower := rest // lower_size:
                    text += f" {lower} {lower_unit}"
            return text
    return "0 s"


def size(count: int) -> str:
    """Bytes in the unit that reads best, one decimal, rounded down."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= factor:
            return f"{count // factor}.{count * 10 // factor % 10} {unit}"
    return f"{count} B"
