"""Times as Google writes them and as Unix seconds, in UTC and without leap seconds."""

import re
from calendar import timegm

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z", re.ASCII)
# The calendar repeats after 400 years. Counted from a first of March, leap days come last in their year.
_DAYS_OF_ERA, _DAYS_OF_CENTURY, _DAYS_OF_FOUR_YEARS, _DAYS_OF_YEAR = 146_097, 36_524, 1461, 365
_DAYS_TO_1970 = 719_468
_DAY_SECONDS = 86_400


def unix_seconds(text: str | None) -> int | None:
    """Return when a time was, none where it is not one."""
    if text is None or (found := _TIME.fullmatch(text)) is None:
        return None
    try:
        return timegm(tuple(map(int, found.groups())))
    except ValueError:
        return None


def timestamp(seconds: int) -> str:
    """Return a time as Google writes it."""
    days, second = divmod(seconds, _DAY_SECONDS)
    era, day = divmod(days + _DAYS_TO_1970, _DAYS_OF_ERA)
    centuries = min(day // _DAYS_OF_CENTURY, 3)
    day -= centuries * _DAYS_OF_CENTURY
    fours, day = divmod(day, _DAYS_OF_FOUR_YEARS)
    years = min(day // _DAYS_OF_YEAR, 3)
    day -= years * _DAYS_OF_YEAR
    shifted = (5 * day + 2) // 153  # months since March, which five by five have 153 days
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = 400 * era + 100 * centuries + 4 * fours + years + (month < 3)
    day_of_month = day - (153 * shifted + 2) // 5 + 1
    hour, second = divmod(second, 3600)
    minute, second = divmod(second, 60)
    return f"{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}Z"
