# ruff: noqa: RUF001  # punctuation of other scripts is meant
"""Reads numbers as claims use them: values, scales, units, times and dates, however they are written.

One spelling may have two values (`1.500` is fifteen hundred in German and one and a half in English), and
both are kept: two quantities agree when they can mean the same. Where only one of them names its unit,
the bare numbers decide.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from causeway.grounding.units import KANJI_DIGITS, KANJI_POWERS, MONTHS, NUMBER_WORDS, SCALES, UNITS

CALENDAR_MONTH = "calendar month"

_LONGEST_FIGURE = 18
_GROUP = 3
_CURRENCY_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_FIGURE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)"
    r"|(?P<last_day>\d{1,2})\.(?P<last_month>\d{1,2})\.(?P<last_year>\d{4})(?!\d)"
    r"|(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)"
    r"|(?P<spaced>\d{1,3}(?:[ \u00a0\u202f]\d{3}(?!\d))+)"
    r"|(?P<plain>\d+(?:[.,'’]\d+)*)"
    r"|(?P<kanji>[〇一二两三四五六七八九十百千]+)"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ème|º|ª)(?![^\W_])")


class Quantity(Struct, frozen=True):
    """A number with its readings: `bare` as it is written, `scaled` in the smallest step of its `unit`."""

    bare: frozenset[float]
    scaled: frozenset[float]
    unit: str | None = None

    def agrees(self, other: "Quantity") -> bool:
        """Tell whether the two can be the same amount."""
        if self.unit and other.unit:
            return self.unit == other.unit and not self.scaled.isdisjoint(other.scaled)
        return not self.bare.isdisjoint(other.bare)


class QuantitySpan(Struct, frozen=True):
    """Where quantities stand in a text; a date is three of them at one place."""

    start: int
    end: int
    quantities: tuple[Quantity, ...]


def read_figure(text: str, start: int) -> QuantitySpan | None:
    """Return the quantity written in figures at `start`, with its scale, unit and currency sign, or None."""
    match = _FIGURE.match(text, start)
    if match is None or match.end() - start > _LONGEST_FIGURE:
        return None
    fields = match.groupdict()
    if fields["year"]:
        return QuantitySpan(start, match.end(), _date(fields["year"], fields["month"], fields["day"]))
    if fields["last_year"]:
        parts = fields["last_year"], fields["last_month"], fields["last_day"]
        return QuantitySpan(start, match.end(), _date(*parts))
    if fields["hour"]:
        values: tuple[float, ...] = (int(fields["hour"]) + int(fields["minute"]) / 60,)
    elif fields["spaced"]:
        values = (float("".join(fields["spaced"].split())),)
    elif fields["kanji"]:
        return _kanji_quantity(text, match)
    else:
        values = _readings(fields["plain"])
    ordinal = _ORDINAL.match(text, match.end())
    span = _with_unit(text, start, ordinal.end() if ordinal else match.end(), values)
    sign = _CURRENCY_SIGNS.get(text[start - 1 : start])
    if sign is None:
        return span
    return QuantitySpan(start - 1, span.end, (_quantity(span.quantities[0].bare, sign),))


def read_number_word(text: str, folded: str, start: int, end: int) -> QuantitySpan | None:
    """Return the quantity of a word (`three weeks`, `März`) that stands at `start`, or None."""
    if folded == "may":
        beside_figure = text[end + 1 : end + 2].isdigit() or text[max(0, start - 2) : start - 1].isdigit()
        month = 5 if text[start] == "M" and beside_figure else None
    else:
        month = MONTHS.get(folded)
    if month is not None:
        return QuantitySpan(start, end, (_quantity([month], CALENDAR_MONTH),))
    value = NUMBER_WORDS.get(folded)
    return None if value is None else _with_unit(text, start, end, (value,))


def _alternation(spellings: Iterable[str]) -> str:
    # A Latin unit ends where its word ends; `人` may be followed by anything.
    return "|".join(
        re.escape(word) + (r"(?![^\W\d_])" if word[-1].isascii() and word[-1].isalpha() else "")
        for word in sorted(spellings, key=len, reverse=True)
    )


_SCALE = re.compile(rf"[\s-]?({_alternation(SCALES)})", re.IGNORECASE)
_UNIT = re.compile(rf"[\s-]?(?:de\s|d['’])?({_alternation(UNITS)})", re.IGNORECASE)


def _with_unit(text: str, start: int, end: int, values: tuple[float, ...]) -> QuantitySpan:
    scale = _SCALE.match(text, end)
    if scale is not None:
        size = SCALES[scale[1].casefold()]
        values, end = tuple(value * size for value in values), scale.end()
    unit = _UNIT.match(text, end)
    if unit is None:
        return QuantitySpan(start, end, (_quantity(values),))
    name, factor = UNITS[unit[1].casefold()]
    return QuantitySpan(start, unit.end(), (_quantity(values, name, factor),))


def _readings(figure: str) -> tuple[float, ...]:
    """Return the values that a figure with separators can have."""
    groups = re.split("[.,'’]", figure)
    separators = [character for character in figure if character in ".,'’"]
    if not separators:
        return (float(figure),)
    whole = float("".join(groups))
    if len(separators) > 1 and separators[-1] != separators[-2]:
        return (float("".join(groups[:-1]) + "." + groups[-1]),)
    if len(separators) > 1 or separators[0] in "'’":
        return (whole,)
    fraction = float(".".join(groups))
    if len(groups[1]) != _GROUP or len(groups[0]) > _GROUP:
        return (fraction,)
    # Nobody writes a fraction's last zeros: `2,500` is no two and a half.
    return (whole,) if groups[1].endswith("0") else (whole, fraction)


def _kanji_quantity(text: str, match: re.Match[str]) -> QuantitySpan | None:
    """Read a numeral before a counter; without one it is part of a word (`三菱`, `一般`)."""
    span = _with_unit(text, match.start(), match.end(), (_kanji_value(match[0]),))
    counted = span.end > match.end()
    return span if counted and match[0] not in ("一", "十") else None


def _kanji_value(numeral: str) -> float:
    if not KANJI_POWERS.keys() & set(numeral):
        return float("".join(str(KANJI_DIGITS[character]) for character in numeral))
    total, digit = 0, 0
    for character in numeral:
        if character in KANJI_POWERS:
            total, digit = total + (digit or 1) * KANJI_POWERS[character], 0
        else:
            digit = KANJI_DIGITS[character]
    return float(total + digit)


def _date(year: str, month: str, day: str) -> tuple[Quantity, ...]:
    return _quantity([float(year)]), _quantity([float(month)], CALENDAR_MONTH), _quantity([float(day)])


def _quantity(values: Iterable[float], unit: str | None = None, factor: float = 1.0) -> Quantity:
    bare = frozenset(map(_rounded, values))
    return Quantity(bare, frozenset(_rounded(value * factor) for value in bare), unit)


def _rounded(value: float) -> float:
    # Twelve digits: 8.3 million and 8,300,000 are one amount in spite of binary fractions.
    return float(f"{value:.12g}")
