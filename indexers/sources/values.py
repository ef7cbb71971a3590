"""Cells to values: prices, dates, lists. What could mean two things is refused, never guessed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from indexers.sources.options import bad_option
from indexers.sources.rows import NumberText

_PLAIN_PRICE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "US$": "USD", "A$": "AUD", "C$": "CAD", "zł": "PLN", "₹": "INR"}
_UNTOLD_SIGNS = ("$", "¥", "kr.", "kr")
_NUMBER = re.compile(r"[0-9.,'\u2019\s]*[0-9][0-9.,'\u2019\s]*")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[\s'\u2019][0-9]{3})+(?:[.,][0-9]*)?")
_DAY = re.compile(
    r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp])?\.?[Mm]?\.?)?"
)
_COMMA_LANGUAGES = frozenset(
    "bg ca cs da de el es et fi fr hr hu id it lt lv nb nl nn no pl pt ro ru sk sl sr sv tr uk vi".split()  # noqa: SIM905 - a long list reads better as words
)
_POINT_LANGUAGES = frozenset({"en", "he", "ja", "ko", "th", "zh"})
_POINT_REGIONS = frozenset({"de-ch", "de-li", "it-ch", "es-mx", "es-us"})
_MONTH_FIRST_REGIONS = frozenset({"en-us", "es-us", "en-ph"})


@dataclass(frozen=True, slots=True)
class Locale:
    """How numbers and dates are written: ``None`` where nobody said it."""

    decimal: str | None = None
    month_first: bool | None = None


def parse_locale(tag: str) -> Locale:
    """Return the conventions of a language tag such as ``de``, ``en-GB`` or ``en_US``; empty for none.

    Raises:
        InputInvalid: for a language that is not in the tables here.
    """
    if not tag.strip():
        return Locale()
    code = tag.strip().lower().replace("_", "-")
    language = code.partition("-")[0]
    if language not in _COMMA_LANGUAGES | _POINT_LANGUAGES:
        known = ", ".join(sorted(_COMMA_LANGUAGES | _POINT_LANGUAGES))
        raise bad_option("locale", f"expected a language such as de or en-GB, of {known}; found {tag!r}")
    point = code in _POINT_REGIONS or language in _POINT_LANGUAGES
    return Locale("." if point else ",", code in _MONTH_FIRST_REGIONS)


def parse_price(text: str, locale: Locale) -> tuple[float, str | None]:
    """Return amount and ISO 4217 code, if the cell tells one, of a price as people and systems write it.

    ``"12,50 EUR"``, ``"1.299,00"``, ``"1,299.00"``, ``"$5"`` and ``"1 299"`` can be read in one way only.
    ``"1.299"`` cannot, unless ``locale`` says which sign is the decimal one or the file itself holds a
    number.

    Raises:
        ValueError: with what is wrong, for all else.
    """
    if isinstance(text, NumberText):
        return _checked(float(text)), None
    if _PLAIN_PRICE.fullmatch(text):
        return float(text), None
    rest, currency = _without_currency(text[:80].strip())
    if rest.startswith(("-", "\u2212")) or (rest.startswith("(") and rest.endswith(")")):
        raise ValueError(f"{text[:40]!r} is negative, expected a price of 0 or more")
    rest = re.sub(r"[,.]?[-\u2013\u2014]+$", "", rest.removeprefix("+")).strip()
    if len(text) > 60 or not _NUMBER.fullmatch(rest):
        raise ValueError(f"{text[:40]!r} is not a price; expected a number such as 12.50")
    amount = _number(rest, locale)
    if amount is None:
        raise ValueError(
            f"{text[:40]!r} could mean two prices; set the option locale, as in locale=de or locale=en"
        )
    return _checked(amount), currency


def _without_currency(text: str) -> tuple[str, str | None]:
    for sign, code in _CURRENCY_SIGNS.items():
        if text.startswith(sign) or text.endswith(sign):
            return text.removeprefix(sign).removesuffix(sign).strip(), code
    for sign in _UNTOLD_SIGNS:
        if text.startswith(sign) or text.endswith(sign):
            return text.removeprefix(sign).removesuffix(sign).strip(), None
    match = re.fullmatch(r"([A-Z]{3})\s*(.*?)|(.*?)\s*([A-Z]{3})", text, re.DOTALL)
    if match is None:
        return text, None
    before, after_code, before_code, after = match.groups()
    return (after_code, before) if before else (before_code, after)


def _number(text: str, locale: Locale) -> float | None:
    """Return the number that ``text`` can only mean, ``None`` if it could mean two.

    Raises:
        ValueError: if it means none.
    """
    if re.search(r"[\s'\u2019]", text):
        if not _GROUPED.fullmatch(text):
            raise ValueError(f"{text!r} is not a number; its digits are not grouped by three")
        return float(re.sub(r"[\s'\u2019]", "", text).replace(",", "."))
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal = "." if text.rfind(".") > text.rfind(",") else ","
        group = "," if decimal == "." else "."
        whole, _, fraction = text.rpartition(decimal)
        if decimal in whole or not _is_grouped(whole, group):
            raise ValueError(f"{text!r} is not a number; its digits are not grouped by three")
        return float(f"{whole.replace(group, '')}.{fraction or 0}")
    sign = "." if points else ","
    if points + commas > 1:
        if not _is_grouped(text, sign):
            raise ValueError(f"{text!r} is not a number; its digits are not grouped by three")
        return float(text.replace(sign, ""))
    whole, _, fraction = text.partition(sign)
    if len(fraction) == 3 and whole.strip("0") and len(whole) <= 3:
        if locale.decimal is None:
            return None
        if locale.decimal != sign:
            return float(whole + fraction)
    return float(f"{whole or 0}.{fraction or 0}")


def _is_grouped(text: str, sign: str) -> bool:
    first, *groups = text.split(sign)
    return 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)


def _checked(amount: float) -> float:
    if not math.isfinite(amount):
        raise ValueError("is not a finite number")
    if amount < 0:
        raise ValueError(f"'{amount:g}' is negative, expected a price of 0 or more")
    return amount


def parse_moment(text: str, locale: Locale) -> datetime:
    """Return the moment that a cell tells, in UTC where it names no zone.

    ISO 8601, ``2024/3/1``, ``1.3.2024`` (day first), ``31/12/2024`` and ``12/31/24, 9:00 PM`` can be read
    in one way only. ``3/4/2024`` cannot, unless ``locale`` says what comes first or an AM or PM tells that
    it is American.

    Raises:
        ValueError: with what is wrong, for all else.
    """
    cleaned = text.strip().replace("\u202f", " ")
    moment = _iso(cleaned) or _spelled(cleaned, locale)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    if not re.match(r"\d{4}-?\d\d", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _spelled(text: str, locale: Locale) -> datetime:
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a date; expected one such as 2024-03-31")
    first, sign, second, third = int(match[1]), match[2], int(match[3]), int(match[4])
    half = match[8].lower() if match[8] else ""
    if len(match[1]) > 2:
        year, month, day = first, second, third
    else:
        year = third + (0 if len(match[4]) > 2 else 2000 if third < 70 else 1900)
        day, month = first, second
        month_first = sign != "." and (locale.month_first or (locale.month_first is None and half != ""))
        told = sign == "." or locale.month_first is not None or half != "" or first == second
        if first <= 12 and second <= 12 and not told:
            raise ValueError(
                f"{text[:40]!r} could mean two dates; set the option locale, as in locale=en-GB or en-US"
            )
        if second > 12 or (month_first and first <= 12):
            day, month = second, first
    hour = int(match[5] or 0)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return datetime(year, month, day, hour, int(match[6] or 0), int(match[7] or 0), tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not a date: {error}") from error


def listed(text: str, separator: str) -> tuple[str, ...]:
    """Return the trimmed, non-empty parts of a multi-valued cell, each one once."""
    if not separator or separator not in text:
        return (text,) if text else ()
    return tuple(dict.fromkeys(part for piece in text.split(separator) if (part := piece.strip())))
